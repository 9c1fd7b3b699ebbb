//! What README says is so: commands, exit codes, variables, keys, views, addresses, files and the demo's transcript.

mod entra;

use std::collections::BTreeSet;
use std::path::Path;

use clap::CommandFactory;
use dirsync::auth::entra::Cloud;
use dirsync::auth::google::{AUTHORIZE_URL, REVOKE_URL, SCOPES, TOKEN_URL};
use dirsync::cli::{Cli, Exit};
use dirsync::provider::google::SPEC;

use crate::world::World;

const README: &str = include_str!("../../README.md");

/// The code blocks: language and lines, with the indentation of a list taken away and broken lines joined.
fn blocks() -> Vec<(&'static str, Vec<String>)> {
    let mut blocks: Vec<(&str, Vec<String>)> = Vec::new();
    let mut open: Option<usize> = None;
    for line in README.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            open = match open {
                Some(_) => None,
                None => {
                    blocks.push((language, Vec::new()));
                    Some(line.len() - line.trim_start().len())
                }
            };
        } else if let Some(indentation) = open {
            blocks.last_mut().unwrap().1.push(line.get(indentation..).unwrap_or_default().to_owned());
        }
    }
    assert!(open.is_none(), "a code block has no end");
    blocks
}

fn of_language(language: &str) -> Vec<String> {
    blocks().into_iter().filter(|(it, _)| *it == language).flat_map(|(_, lines)| lines).collect()
}

/// README without its code blocks.
fn prose() -> String {
    let mut inside = false;
    let outside = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    };
    README.lines().filter(outside).collect::<Vec<_>>().join("\n")
}

/// The `spans of code` in `text`; a line break within one is a blank.
fn spans(text: &str) -> Vec<String> {
    text.split("\n\n")
        .flat_map(|paragraph| paragraph.split('`').skip(1).step_by(2).map(|span| span.replace('\n', " ")))
        .map(|span| span.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
        .collect()
}

/// The rows of the table whose header begins with `header`.
pub(crate) fn table(header: &str) -> Vec<Vec<&'static str>> {
    let mut lines = README.lines().skip_while(|line| !line.starts_with(header));
    assert!(lines.next().is_some(), "there is no table '{header}'");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// The simple commands in a line of shell, as words: enough of a shell's grammar for what README shows.
fn commands(line: &str) -> Vec<Vec<String>> {
    let (mut done, mut words, mut word) = (Vec::new(), Vec::new(), None::<String>);
    let (mut quote, mut chars) = (None::<char>, line.chars().peekable());
    while let Some(char) = chars.next() {
        match (char, quote) {
            ('$', None | Some('"')) if chars.peek() == Some(&'(') => {
                chars.next();
                let inner: String = chars.by_ref().take_while(|char| *char != ')').collect();
                done.extend(commands(&inner));
                word.get_or_insert_default().push_str("substituted");
            }
            (char, Some(end)) if char == end => quote = None,
            (char, Some(_)) => word.get_or_insert_default().push(char),
            ('\'' | '"', None) => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            ('#', None) if word.is_none() => break,
            ('|' | ';' | '&' | '>' | '<', None) => {
                words.extend(word.take());
                done.push(std::mem::take(&mut words));
                if matches!(char, '>' | '<') {
                    // What follows is a file and no command.
                    words.push(char.to_string());
                }
            }
            (char, None) if char.is_whitespace() => words.extend(word.take()),
            (char, None) => word.get_or_insert_default().push(char),
        }
    }
    assert!(quote.is_none(), "a quote has no end: {line}");
    words.extend(word);
    done.push(words);
    done.retain(|words| !words.is_empty());
    done
}

/// What dirsync is called with in `words`: without `sudo -u USER`, `env` and assignments before it.
fn call(words: &[String]) -> Option<&[String]> {
    let assignment = |word: &str| {
        word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c == '_' || c.is_ascii_uppercase()))
    };
    match words {
        [sudo, flag, _, rest @ ..] if sudo == "sudo" && flag == "-u" => call(rest),
        [env, rest @ ..] if env == "env" || assignment(env) => call(rest),
        [program, rest @ ..] if program == "dirsync" || program.ends_with("/dirsync") => Some(rest),
        _ => None,
    }
}

/// Every call of dirsync that README shows.
fn calls() -> Vec<Vec<String>> {
    let cron = of_language("cron").into_iter().filter(|line| line.contains(" * "));
    let cron = cron.map(|line| line.split_whitespace().skip(6).collect::<Vec<_>>().join(" "));
    let console = of_language("console").into_iter().filter_map(|line| Some(line.strip_prefix("$ ")?.to_owned()));
    let hints = of_language("console").into_iter().filter_map(|line| Some(line.split_once(": dirsync")?.1.to_owned()));
    let hints = hints.map(|rest| format!("dirsync{rest}"));
    let inline = spans(&prose()).into_iter().filter(|span| span.starts_with("dirsync "));
    let lines = of_language("sh").into_iter().chain(cron).chain(console).chain(hints).chain(inline);
    lines.flat_map(|line| commands(&line)).filter_map(|words| Some(call(&words)?.to_vec())).collect()
}

#[test]
fn every_command_is_one() {
    let calls = calls();
    assert!(calls.len() > 60, "only {} were found", calls.len());
    let mut wrong = Vec::new();
    for words in calls {
        // In prose "N" and "DIR" stand for something, and commands may be named without what they need.
        let words: Vec<&str> = words.iter().map(|word| if word == "N" { "7" } else { word.as_str() }).collect();
        let parsed = Cli::command().try_get_matches_from(std::iter::once("dirsync").chain(words.iter().copied()));
        if let Err(error) = parsed {
            use clap::error::ErrorKind::{DisplayHelp, DisplayVersion, MissingRequiredArgument};
            let named = words.len() == 1 && error.kind() == MissingRequiredArgument;
            if !named && !matches!(error.kind(), DisplayHelp | DisplayVersion) {
                wrong.push(format!("dirsync {}: {error}", words.join(" ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_command_would_be_found() {
    for (line, expected) in [
        ("dirsync list -o json | jq -r '.[] | select(.a != \"b\")' > ~/dirsync", "list -o json"),
        ("sqlite3 \"$(dirsync paths -o json | jq -r .database)\" 'SELECT 1'", "paths -o json"),
        ("sudo -u dirsync env DIRSYNC_HOME=/var/lib/dirsync dirsync sync --all  # now", "sync --all"),
        ("sudo install -d -o dirsync /var/lib/dirsync", ""),
    ] {
        let found: Vec<_> = commands(line).iter().filter_map(|words| Some(call(words)?.join(" "))).collect();
        assert_eq!(found.join(","), expected, "{line}");
    }
}

#[test]
fn exit_codes_are_the_programs() {
    use Exit::{
        Done, Failed, Findings, Held, Interrupted, NoSuchThing, Partial, SecretStore, SignInNeeded, Terminated,
        TryAgain, Usage,
    };
    let known = [
        (Done, "done"),
        (Failed, "failed"),
        (Usage, "wrong usage"),
        (Partial, "in part"),
        (SignInNeeded, "sign-in needed"),
        (Held, "removals held"),
        (NoSuchThing, "no such thing"),
        (SecretStore, "secret store"),
        (Findings, "something to report"),
        (TryAgain, "try again later"),
        (Interrupted, "Ctrl-C"),
        (Terminated, "SIGTERM"),
    ];
    let rows = table("| code | meaning");
    assert_eq!(rows.len(), known.len());
    for (row, (exit, word)) in rows.iter().zip(known) {
        assert_eq!(row[0], exit.code().to_string());
        assert!(row[1].contains(word), "{row:?}");
    }
    let help = World::new().run(&["--help"]).stdout;
    let section = help.split("Exit codes:").nth(1).unwrap().split("Settings:").next().unwrap().to_owned();
    for row in rows {
        assert!(
            section.lines().any(|line| line.split([' ', ',']).any(|word| word == row[0])),
            "--help lacks {}",
            row[0]
        );
    }
    let order = "in the order 1, 4, 7, 5, 75, 3";
    assert!(README.contains(order) && help.contains(order));
}

/// `DIRSYNC_…` words in README.
fn variables() -> BTreeSet<String> {
    let word = |part: &str| part.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect::<String>();
    let words = README.split("DIRSYNC_").skip(1).map(word).filter(|word| !word.is_empty());
    // One places the files, the other belongs to the tests; `paths` and `generated` cover them.
    words.filter(|word| !["HOME", "BLESS"].contains(&&**word)).collect()
}

#[test]
fn settings_are_settings() {
    let world = World::new();
    let refused = |text: &str| {
        world.config(text);
        let outcome = world.run(&["paths"]);
        (outcome.code != Some(0)).then_some(outcome.stderr)
    };
    assert!(refused("no_such_setting = 'x'\n").is_some());
    assert!(variables().len() >= 5);
    for name in variables() {
        let told = refused(&format!("{} = 'x'\n", name.to_lowercase())).unwrap_or_default();
        assert!(!told.contains("there is no setting"), "DIRSYNC_{name}: {told}");
    }
    let files = |rules| {
        let of_toml =
            blocks().into_iter().filter(|(language, _)| *language == "toml").map(|(_, lines)| lines.join("\n"));
        of_toml.filter(|text| text.starts_with("[[rule]]") == rules).collect::<Vec<_>>()
    };
    assert_eq!(refused(&files(false).join("\n")), None);
    let world = World::filled();
    for rules in files(true) {
        std::fs::write(world.home().join("rules.toml"), rules).unwrap();
        let added = world.run(&["devices", "rules", "add", "rules.toml"]);
        assert_eq!(added.code, Some(0), "{added}");
    }
}

#[test]
fn addresses_scopes_and_quota_are_the_programs() {
    let stated: Vec<String> = table("| variable | default").iter().map(|row| spans(row[1]).swap_remove(0)).collect();
    let pull = SPEC.pull().unwrap();
    let quota = pull.requests_per_minute.to_string();
    let (login, graph) = (Cloud::Global.login(), Cloud::Global.graph());
    assert_eq!(stated, [AUTHORIZE_URL, TOKEN_URL, REVOKE_URL, pull.api, &quota, login, graph]);
    let delegated: Vec<&str> = SCOPES.iter().copied().filter(|scope| scope.starts_with("https://")).collect();
    assert_eq!(of_language("text"), [delegated.join(","), "http://localhost".to_owned()]);
}

#[test]
fn keys_and_columns_are_the_programs() {
    let world = World::filled();
    let header = |arguments: &[&str]| {
        let shown = world.run(&[arguments, &["-o", "csv"]].concat()).stdout;
        shown.lines().next().unwrap_or_default().split(',').map(str::to_owned).collect::<Vec<_>>()
    };
    let rows = table("| command | keys");
    assert_eq!(rows.len(), 13);
    for row in rows {
        let command = row[0].replace('`', "");
        let mut arguments: Vec<&str> = command.split(' ').collect();
        if command.ends_with("members") {
            arguments.push("all");
        }
        assert_eq!(header(&arguments), spans(row[1]), "{command}");
        let shown = world.run(&[&arguments[..], &["-o", "json"]].concat()).json();
        let Some(first) = shown.as_array().unwrap().first() else { continue };
        let keys: BTreeSet<String> = first.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, spans(row[1]).into_iter().collect(), "{command}");
    }
    for row in table("| view | columns") {
        let view = row[0].replace('`', "");
        let stated = match row[1].strip_prefix("as `") {
            Some(command) => header(&[command.trim_end_matches('`')]),
            None => spans(row[1]),
        };
        assert_eq!(header(&["query", &format!("SELECT * FROM {view}")]), stated, "{view}");
    }
}

#[test]
fn files_and_headings_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = prose();
    let links: Vec<&str> = text.split("](").skip(1).map(|part| part.split(')').next().unwrap()).collect();
    let (anchors, files): (Vec<&str>, Vec<&str>) = links.into_iter().partition(|link| link.starts_with('#'));
    let named = spans(&text);
    let ours = ["src/", "tests/", "man/", "completions/", "benches/", ".ci/", "LICENSE"];
    let named = named.iter().map(String::as_str).filter(|span| ours.iter().any(|folder| span.starts_with(folder)));
    for file in files.into_iter().filter(|link| !link.starts_with("http")).chain(named) {
        assert!(root.join(file).exists(), "there is no {file}");
    }
    let headings: BTreeSet<String> = text.lines().filter(|line| line.starts_with('#')).map(anchor).collect();
    for anchor in anchors {
        assert!(headings.contains(anchor), "no heading leads to {anchor}");
    }
    // What hints call it.
    assert!(headings.contains("#google-workspace-click-by-click"));
    assert!(headings.contains("#microsoft-entra-id-click-by-click"));
}

/// As GitHub makes them.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    format!("#{}", kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>())
}

#[cfg(unix)]
#[test]
fn the_demo_shows_what_readme_shows() {
    use expectrl::{Eof, Expect, Session};
    let mut world = World::new();
    world.set("COLUMNS", "100").set("TERM", "xterm").set("NO_COLOR", "1");
    let mut command = world.command(&["demo"]);
    // Its commands live in the present, so it has to as well.
    command.env_remove("DIRSYNC_NOW");
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(120)));
    let shown = String::from_utf8(session.expect(Eof).unwrap().as_bytes().to_vec()).unwrap();
    let mut lines = shown.split(['\r', '\n']).map(|line| line.rsplit("\u{1b}[2K").next().unwrap_or(line).trim_end());
    for expected in of_language("console").iter().filter(|line| !line.is_empty()) {
        assert!(
            lines.any(|line| line == expected.as_str()),
            "the demo does not show, in this place: {expected}\n{shown}"
        );
    }
}
