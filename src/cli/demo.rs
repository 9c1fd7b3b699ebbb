//! `dirsync demo`: the real commands, each in a process of its own, against the embedded pretend Google Workspace. Only
//! the endpoints and the home folder differ from real life.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;
use tempfile::TempDir;

use super::{CliError, Context, ErrorKind, Exit};
use crate::auth::shell_word;
use crate::http::{Client, ClientOptions};
use crate::output::{Cell, Column, Listing};
use crate::sandbox::{Options, Sandbox};

/// See it all at work on a pretend Google Workspace on this machine
///
/// Connects it, reads it, plays a day in which people join, move and leave, shows what changed, has a suspicious mass
/// removal held, and disconnects. Nothing of yours is touched: it lives in a temporary folder and talks to 127.0.0.1.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync demo
  dirsync demo --browser            sign in yourself, in your browser
  dirsync demo --keep > demo.env    leave it running; in another shell: . ./demo.env; dirsync add google --name corp")]
pub struct DemoArgs {
    /// Sign in yourself, in your browser
    #[arg(long)]
    browser: bool,
    /// Only start the pretend Google Workspace, print the environment that points a shell at it, and leave it running
    #[arg(long)]
    keep: bool,
    /// Number of people
    #[arg(long, value_name = "N", default_value_t = 60)]
    people: usize,
    /// The same seed makes the same people and the same days
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// With --keep: the port to listen on (any free one unless told otherwise)
    #[arg(long, value_name = "N")]
    sandbox_port: Option<u16>,
}

pub(super) fn run(context: &Context, args: &DemoArgs) -> Result<Exit, CliError> {
    let home = tempfile::Builder::new().prefix("dirsync-demo-").tempdir().map_err(|error| no_home(&error))?;
    let options = Options {
        seed: args.seed,
        users: args.people,
        groups: (args.people / 3).max(24),
        memberships: args.people * 6,
        port: args.sandbox_port,
        ..Options::small(context.clock.clone())
    };
    // The sandbox works in this process while the commands run in theirs.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| CliError::new(ErrorKind::Failed, format!("cannot start: {error}")))?;
    let sandbox = runtime.block_on(Sandbox::start(options)).map_err(|error| {
        CliError::new(ErrorKind::Failed, format!("the pretend Google Workspace cannot start: {error}"))
    })?;
    let client_file = home.path().join("client.json");
    write_private(&client_file, &sandbox.client_secrets_json()).map_err(|error| no_home(&error))?;
    let mut environment = sandbox.environment();
    environment.extend([
        ("DIRSYNC_HOME", home.path().display().to_string()),
        ("DIRSYNC_KEY_STORE", "file".to_owned()),
        ("DIRSYNC_CLIENT_SECRETS", client_file.display().to_string()),
    ]);
    let stage = Stage { context, sandbox, environment, home, runtime };
    if args.keep { stage.keep() } else { stage.play(args.browser) }
}

/// A temporary file is nobody else's to read.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(path))?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

fn no_home(error: &std::io::Error) -> CliError {
    CliError::new(ErrorKind::Failed, format!("cannot make a temporary folder: {error}"))
}

struct Stage<'a> {
    context: &'a Context,
    sandbox: Sandbox,
    environment: Vec<(&'static str, String)>,
    home: TempDir,
    runtime: tokio::runtime::Runtime,
}

/// One variable of the printed environment.
#[derive(serde::Serialize)]
struct Variable {
    name: &'static str,
    value: String,
}

impl Stage<'_> {
    fn keep(self) -> Result<Exit, CliError> {
        let ui = &self.context.ui;
        if ui.options().format.is_some() {
            let listing = Listing::new(vec![
                Column::new("name", |it: &Variable| Cell::Text(it.name.into())).priority(100),
                Column::new("value", |it: &Variable| (&it.value).into()).priority(90),
            ]);
            let variables: Vec<Variable> =
                self.environment.iter().map(|(name, value)| Variable { name, value: value.clone() }).collect();
            ui.list(&listing, &variables)?;
        } else {
            let lines = self.environment.iter().map(|(name, value)| format!("export {name}={}\n", shell_word(value)));
            ui.text(&lines.collect::<String>())?;
        }
        let url = self.sandbox.base_url();
        ui.say(&format!("A pretend Google Workspace listens at {url} until Ctrl-C. In a shell with this environment:"));
        ui.say("  dirsync add google --name corp --no-browser");
        ui.say(&format!("  curl -X POST {url}/sandbox/day                plays a day"));
        ui.say(&format!("  curl -X POST '{url}/sandbox/vanish?percent=40&deleted=true'"));
        ui.say(&format!("  curl {url}/                               lists all controls"));
        self.runtime.block_on(self.context.stop.requested());
        Err(CliError::stopped())
    }

    fn play(self, browser: bool) -> Result<Exit, CliError> {
        self.chapter(&format!(
            "A pretend Google Workspace listens at {}, and dirsync's home is {}.",
            self.sandbox.base_url(),
            self.home.path().display()
        ));
        self.chapter("Connect it. An administrator signs in, and everything is read for the first time.");
        if browser {
            self.command(&["add", "google", "--name", "corp"], 0)?;
        } else {
            self.sign_in(&["add", "google", "--name", "corp", "--no-browser"])?;
        }
        self.command(&["list"], 0)?;
        self.command(&["users", "--limit", "8"], 0)?;
        self.command(&["groups", "--limit", "8"], 0)?;

        let since = self.next_second();
        let day = self.sandbox.play_day();
        self.chapter(&format!(
            "A day passes over there: {} people join or come back, {} change, {} leave.",
            day.joined.len() + day.returned.len(),
            day.changed.len(),
            day.left.len()
        ));
        self.command(&["sync", "corp", "--dry-run", "-q"], 0)?;
        self.command(&["sync", "corp"], 0)?;
        self.command(&["changes", "--since", &since, "--subject", "user"], 0)?;

        self.sandbox.vanish(40, true);
        self.chapter("Then something goes wrong over there: 40 % of the people are gone at once. Nobody is removed.");
        self.command(&["sync", "corp"], 5)?;
        self.command(&["plans"], 0)?;
        self.sandbox.unvanish();
        self.chapter("It was a mistake, and they are back. (Had it been meant: dirsync plans approve 1.)");
        self.command(&["sync", "corp"], 0)?;
        self.command(&["runs"], 0)?;

        self.chapter("Disconnect it. At a terminal the name has to be typed.");
        self.command(&["delete", "corp", "--confirm", "corp"], 0)?;
        self.command(&["list"], 0)?;
        self.chapter(
            "That was all of it. 'dirsync demo --keep' leaves the pretend Workspace running for your own shell.",
        );
        Ok(Exit::Done)
    }

    fn chapter(&self, text: &str) {
        self.context.ui.heading(text);
    }

    /// Times are kept by the second; what comes after must not share one with what was before.
    fn next_second(&self) -> String {
        std::thread::sleep(Duration::from_millis(1100));
        // Rounded as stored times are: cut off instead, it could still be the second of what was before.
        let now = self.context.clock.now();
        now.round(jiff::Unit::Second).unwrap_or(now).to_string()
    }

    fn child(&self, words: &[&str]) -> Result<Command, CliError> {
        self.context.stop.check()?;
        let shown: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
        self.context.ui.heading(&format!("$ dirsync {}", shown.join(" ")));
        self.context.ui.flush();
        let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("dirsync"));
        let mut command = Command::new(program);
        // What this shell is set to must not reach the pretend world, nor the other way round.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("DIRSYNC_") {
                command.env_remove(name);
            }
        }
        command.args(words).envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    fn command(&self, words: &[&str], expected: i32) -> Result<(), CliError> {
        let status = self.child(words)?.status().map_err(|error| self.broken(words, &error.to_string()))?;
        self.check(words, status, expected)
    }

    /// Runs a command that prints an address for the browser, and plays the administrator who follows it.
    fn sign_in(&self, words: &[&str]) -> Result<(), CliError> {
        let mut command = self.child(words)?;
        let broken = |error: std::io::Error| self.broken(words, &error.to_string());
        let mut child = command.stderr(Stdio::piped()).spawn().map_err(broken)?;
        let client = Client::new(&ClientOptions::default())?;
        let account = self.sandbox.admin_email();
        for line in child.stderr.take().into_iter().flat_map(|talk| BufReader::new(talk).lines()) {
            let line = line.map_err(broken)?;
            self.context.ui.say(&line);
            let Some(mut url) = line.parse::<url::Url>().ok().filter(|url| url.scheme() == "http") else { continue };
            self.context.ui.say(&format!("(here {account} opens that address and presses Allow)"));
            url.query_pairs_mut().append_pair("sandbox_account", &account);
            self.runtime.block_on(async {
                match client.visit(url).await? {
                    Some(redirect) => client.visit(redirect).await.map(drop),
                    None => Ok(()),
                }
            })?;
        }
        let status = child.wait().map_err(broken)?;
        self.check(words, status, 0)
    }

    fn check(&self, words: &[&str], status: std::process::ExitStatus, expected: i32) -> Result<(), CliError> {
        match status.code() {
            Some(code) if code == expected => Ok(()),
            _ if self.context.stop.asked().is_some() => Err(CliError::stopped()),
            _ => Err(self.broken(words, &format!("it ended with {status}, not with {expected}"))),
        }
    }

    fn broken(&self, words: &[&str], reason: &str) -> CliError {
        CliError::new(ErrorKind::Failed, format!("dirsync {}: {reason}", words.join(" ")))
            .hint("please report this as a fault of dirsync's")
    }
}
