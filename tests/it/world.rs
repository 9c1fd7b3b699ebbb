//! A hermetic place to run the program in: a home of its own, no inherited environment, a clock that stands still.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dirsync::store::Store;
use tempfile::TempDir;

/// What time it is in every test unless it says otherwise.
pub(crate) const NOW: &str = "2026-11-24T08:00:00Z";

/// How much is asked for, by this variable, where the tests are run.
#[expect(clippy::disallowed_methods, reason = "how long is said where it is run")]
pub(crate) fn asked_for(variable: &str, else_so_much: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(else_so_much)
}

/// A machine with nothing but dirsync on it.
pub(crate) struct World {
    home: TempDir,
    environment: Vec<(OsString, OsString)>,
    /// Whether the program's clock stands at [`NOW`].
    stands_still: bool,
}

impl World {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), environment: Vec::new(), stands_still: true }
    }

    /// An empty one whose clock goes.
    pub(crate) fn in_real_time() -> Self {
        Self { stands_still: false, ..Self::new() }
    }

    /// One whose directory holds what `fixture.sql` tells.
    pub(crate) fn filled() -> Self {
        let world = Self::new();
        world.sql(include_str!("fixture.sql"));
        world
    }

    /// The folder that `DIRSYNC_HOME` names.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The database's place.
    pub(crate) fn database(&self) -> PathBuf {
        self.home().join("dirsync.db")
    }

    /// Changes the database behind the program's back, making it first if need be.
    pub(crate) fn sql(&self, statements: &str) {
        drop(Store::open(&self.database()).unwrap());
        rusqlite::Connection::open(self.database()).unwrap().execute_batch(statements).unwrap();
    }

    /// Writes `config.toml`.
    pub(crate) fn config(&self, text: &str) {
        std::fs::write(self.home().join("config.toml"), text).unwrap();
    }

    /// Sets a variable for every later call.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Takes a variable back.
    pub(crate) fn unset(&mut self, name: &str) -> &mut Self {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    /// The program, ready to run here.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dirsync"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home())
            .env("DIRSYNC_HOME", self.home())
            .envs(self.stands_still.then_some(("DIRSYNC_NOW", NOW)))
            .envs(self.environment.iter().cloned())
            .current_dir(self.home())
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        let output = self.command(arguments).output().unwrap();
        self.outcome(arguments, output.status.code(), output.stdout, output.stderr)
    }

    /// What a run showed, with this home's path taken out.
    pub(crate) fn outcome(&self, arguments: &[&str], code: Option<i32>, out: Vec<u8>, talk: Vec<u8>) -> Outcome {
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            text.replace(&self.home().display().to_string(), "[HOME]")
        };
        let line = arguments.iter().map(|word| shown(word)).collect::<Vec<_>>().join(" ");
        Outcome { line, code, stdout: text(out), stderr: text(talk) }
    }
}

fn shown(word: &str) -> String {
    if word.contains([' ', '*', '\'']) { format!("\"{word}\"") } else { word.to_owned() }
}

/// All that a run showed.
pub(crate) struct Outcome {
    line: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// stdout as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, Some(0), "{self}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ dirsync {}", self.line)?;
        f.write_str(&self.stdout)?;
        if !self.stderr.is_empty() {
            writeln!(f, "---- stderr")?;
            f.write_str(&self.stderr)?;
        }
        writeln!(f, "[exit {}]", self.code.map_or("by a signal".to_owned(), |code| code.to_string()))
    }
}
