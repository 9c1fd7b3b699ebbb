//! What the demo's story needs: the pretend directories, and the real program run against them, one process a step.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::auth::shell_word;
use crate::cli::{CliError, Context, ErrorKind};
use crate::http::{Client, ClientOptions};
use crate::sandbox::{entra, google};

/// Where the demo plays; all of it is gone when this is dropped.
pub(super) struct Stage<'a> {
    pub(super) context: &'a Context,
    pub(super) google: google::Sandbox,
    pub(super) entra: entra::Sandbox,
    pub(super) environment: Vec<(&'static str, String)>,
    pub(super) home: TempDir,
    pub(super) runtime: tokio::runtime::Runtime,
}

impl Stage<'_> {
    /// What happens next.
    pub(super) fn chapter(&self, text: &str) {
        self.context.ui.heading(text);
    }

    /// A remark about what was just shown.
    pub(super) fn aside(&self, text: &str) {
        self.context.ui.say(text);
    }

    /// Times are kept by the second; what comes after must not share one with what was before.
    pub(super) fn next_second(&self) -> String {
        std::thread::sleep(Duration::from_millis(1100));
        // Cut off as stored times are: after the pause this second is later than anything stored.
        format!("{:.0}", self.context.clock.now())
    }

    /// Shows and runs a command, which has to end with the code `expected`.
    pub(super) fn command(&self, words: &[&str], expected: i32) -> Result<(), CliError> {
        let status = self.child(words)?.status().map_err(|error| self.broken(words, &error.to_string()))?;
        self.check(words, status, expected)
    }

    /// Shows and runs a command that prints an address for the browser, and plays the administrator who follows it.
    pub(super) fn sign_in(&self, words: &[&str], account: &str, button: &str) -> Result<(), CliError> {
        let mut command = self.child(words)?;
        let broken = |error: std::io::Error| self.broken(words, &error.to_string());
        let mut child = command.stderr(Stdio::piped()).spawn().map_err(broken)?;
        let client = Client::new(&ClientOptions::default())?;
        for line in child.stderr.take().into_iter().flat_map(|talk| BufReader::new(talk).lines()) {
            let line = line.map_err(broken)?;
            self.context.ui.say(&line);
            let Some(mut url) = line.parse::<url::Url>().ok().filter(|url| url.scheme() == "http") else { continue };
            self.aside(&format!("(here {account} opens that address and presses {button})"));
            url.query_pairs_mut().append_pair("sandbox_account", account);
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

    fn check(&self, words: &[&str], status: ExitStatus, expected: i32) -> Result<(), CliError> {
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
