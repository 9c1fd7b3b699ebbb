//! Real shells, a real `man`, a real width: completions as they are loaded, man pages as they are read, the demo as it is
//! watched, and its steps as a script would take them.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use expectrl::{Eof, Expect, Session};
use unicode_width::UnicodeWidthStr;

use crate::world::World;

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// A program on a machine where `dirsync` is found by its name, and nothing is inherited.
fn beside(world: &World, program: &str, arguments: &[&str]) -> Output {
    let ours = Path::new(env!("CARGO_BIN_EXE_dirsync")).parent().unwrap();
    Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", ours.display()))
        .env("HOME", world.home())
        .env("DIRSYNC_HOME", world.home())
        .env("LC_ALL", "C.UTF-8")
        .current_dir(world.home())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
#[ignore = "needs bash"]
fn bash_completes_the_names_of_integrations() {
    let world = World::filled();
    // As bash does at the Tab key: the function that the script registered, with the words so far.
    let asked = "source completions/dirsync.bash
        asked() { COMP_WORDS=(dirsync \"$@\"); COMP_CWORD=$#; COMP_TYPE=9; COMPREPLY=()
                  _clap_complete_dirsync dirsync \"${!#}\" \"\" 2>/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\"; echo .; }
        complete -p dirsync; asked sync c; asked details O; asked pla";
    let output = beside(&world, "bash", &["--norc", "-c", &format!("cd {PACKAGE}; {asked}")]);
    let shown = text(&output.stdout);
    let (registered, answers) = shown.split_once('\n').unwrap();
    assert!(registered.ends_with("-F _clap_complete_dirsync dirsync"), "{shown}");
    assert_eq!(answers, "corp\n.\nOld Lab\n.\nplans\n.\n", "{}", text(&output.stderr));
}

#[test]
#[ignore = "needs fish"]
fn fish_completes_the_names_of_integrations() {
    let world = World::filled();
    let asked = |line: &str| {
        let script = format!("source {PACKAGE}/completions/dirsync.fish; complete -C '{line}'");
        let output = beside(&world, "fish", &["--no-config", "-c", &script]);
        assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_eq!(asked("dirsync sync c"), "corp\tgoogle\n");
    assert!(asked("dirsync users --integration ").contains("Old Lab"));
    assert!(asked("dirsync pla").starts_with("plans\t"));
}

#[test]
#[ignore = "needs zsh"]
fn zsh_completes_the_names_of_integrations_at_the_tab_key() {
    let world = World::filled();
    let ours = Path::new(env!("CARGO_BIN_EXE_dirsync")).parent().unwrap();
    let mut command = Command::new("zsh");
    command.args(["-f", "-i"]).env_clear().current_dir(world.home());
    command.env("PATH", format!("{}:/usr/bin:/bin", ours.display())).env("HOME", world.home());
    command.env("DIRSYNC_HOME", world.home()).env("TERM", "xterm").env("LC_ALL", "C.UTF-8").env("PS1", "% ");
    let mut shell = Session::spawn(command).unwrap();
    shell.set_expect_timeout(Some(std::time::Duration::from_secs(20)));
    // As the README has it: the script in a folder of fpath, by the name _dirsync.
    shell
        .send_line(format!("fpath=({PACKAGE}/completions $fpath); autoload -U compinit; compinit -u; echo re''ady"))
        .unwrap();
    shell.expect("ready").unwrap();
    // The name is completed by Tab, the rest of the line shows what became of it.
    shell.send("echo to dirsync >/dev/null; dirsync details c\t -o json\n").unwrap();
    let shown = shell.expect("\"name\": \"corp\"");
    assert!(shown.is_ok(), "{shown:?}");
    shell.send("exit\n").unwrap();
}

#[test]
#[ignore = "needs man"]
fn man_renders_every_page_without_a_warning() {
    let world = World::new();
    let mut pages = 0;
    for page in std::fs::read_dir(Path::new(PACKAGE).join("man")).unwrap() {
        let page = page.unwrap().path();
        let output = beside(&world, "man", &["--warnings", "-l", page.to_str().unwrap()]);
        let (shown, said) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success() && said.is_empty(), "{}: {said}", page.display());
        let first_words = ["NAME", "SYNOPSIS", "DESCRIPTION"];
        assert!(first_words.iter().all(|word| shown.lines().any(|line| line == *word)), "{}: {shown}", page.display());
        pages += 1;
    }
    assert!(pages > 10, "{pages} pages");
}

/// The demo's lines on a terminal of so many columns, without their colour.
fn demo_at(columns: u16) -> Vec<String> {
    let mut world = World::in_real_time();
    world.set("TERM", "xterm").set("PATH", "/usr/bin:/bin");
    // `stty` gives the terminal its width, as a window does; the program has to ask for it.
    let script = format!("stty cols {columns} rows 50; \"$0\" demo; echo \"[demo ended with $?]\"");
    let ready = world.command(&[]);
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_dirsync")]).env_clear().current_dir(world.home());
    command.envs(ready.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(120)));
    let shown = text(session.expect(Eof).unwrap().as_bytes());
    // What a progress line draws over itself is one line after the other here; of two, each fills its line to the edge,
    // so that the next begins below it. All begin with a pattern of dots.
    let ends = |char: char| matches!(char, '\n' | '\r' | '\u{2800}'..='\u{28ff}');
    shown.split(ends).map(plain).collect()
}

/// A line without escape sequences.
fn plain(line: &str) -> String {
    let mut shown = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            let _ = characters.find(|it| it.is_ascii_alphabetic());
        } else {
            shown.push(character);
        }
    }
    shown
}

fn fits(columns: u16) {
    let lines = demo_at(columns);
    assert!(lines.iter().any(|line| line == "[demo ended with 0]"), "{}", lines.join("\n"));
    assert!(lines.iter().any(|line| line.starts_with("NAME ")), "tables were shown: {}", lines.join("\n"));
    let address = |line: &str| line.trim_start().starts_with("http://127.0.0.1:");
    let broad: Vec<&String> =
        lines.iter().filter(|line| line.width() > usize::from(columns) && !address(line)).collect();
    assert!(broad.is_empty(), "broader than {columns}: {broad:#?}");
    assert_eq!(lines.iter().filter(|line| address(line)).count(), 3, "an address for each sign-in");
}

#[test]
#[ignore = "needs a pseudo-terminal and stty"]
fn the_demo_fits_a_terminal_of_80_columns() {
    fits(80);
}

#[test]
#[ignore = "needs a pseudo-terminal and stty"]
fn the_demo_fits_a_terminal_of_200_columns() {
    fits(200);
}

#[test]
#[ignore = "needs curl and jq"]
fn the_demos_steps_work_as_a_script_without_a_terminal() {
    let world = World::new();
    let script = format!("{PACKAGE}/tests/it/real/keep.sh");
    let output = beside(&world, "sh", &[&script, env!("CARGO_BIN_EXE_dirsync")]);
    let (shown, said) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && shown.ends_with("all of it\n"), "{shown}{said}");
}
