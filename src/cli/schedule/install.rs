//! Writing a setup and taking it away: files of ours only, the rest of a crontab as it was, commands where somebody heeds
//! them.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::job::MARK;
use super::setup::{Piece, Setup};
use super::{cron, windows};
use crate::auth::shell_word;
use crate::cli::{CliError, Context, ErrorKind};

/// How a piece stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Not there.
    Absent,
    /// There, as it would be written.
    Current,
    /// There, and ours, but different.
    Different,
    /// Something else is in its place.
    Strange,
}

impl Piece {
    /// Where it goes, for people.
    pub(super) fn place(&self) -> String {
        match self {
            Self::File(path, _) => path.display().to_string(),
            Self::Crontab(_) => "crontab".to_owned(),
        }
    }

    /// Its text.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::File(_, text) | Self::Crontab(text) => text,
        }
    }

    /// How it stands.
    pub(super) fn state(&self) -> Result<State, CliError> {
        match self {
            Self::File(path, text) => match fs::read(path) {
                Ok(found) if found == bytes(path, text) => Ok(State::Current),
                Ok(found) if is_ours(&found) => Ok(State::Different),
                Ok(_) => Ok(State::Strange),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::Absent),
                Err(error) => Err(failed(format!("cannot read {}: {error}", path.display()))),
            },
            Self::Crontab(block) => Ok(match cron::found(&crontab()?) {
                None => State::Absent,
                Some(found) if found == block => State::Current,
                Some(_) => State::Different,
            }),
        }
    }

    fn write(&self) -> Result<(), CliError> {
        match self {
            Self::File(path, text) => {
                let written =
                    path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, bytes(path, text)));
                written.map_err(|error| {
                    let error = failed(format!("cannot write {}: {error}", path.display()));
                    error.hint("as root for the machine's timer (sudo), or --user for your own")
                })
            }
            Self::Crontab(block) => set_crontab(&cron::with_block(&crontab()?, block)),
        }
    }

    fn take_away(&self) -> Result<(), CliError> {
        match self {
            Self::File(path, _) => remove(path),
            Self::Crontab(_) => set_crontab(&cron::without_block(&crontab()?)),
        }
    }
}

/// Writes what is not there yet and starts it.
pub(super) fn install(context: &Context, setup: &Setup) -> Result<(), CliError> {
    for piece in &setup.pieces {
        let place = piece.place();
        match piece.state()? {
            State::Current => context.ui.say(&format!("{place} is as it should be")),
            State::Strange => {
                return Err(failed(format!("{place} is there and not of dirsync's making; it is left alone"))
                    .hint("move it away, or choose another kind of timer"));
            }
            State::Absent | State::Different => {
                piece.write()?;
                context.ui.say(&format!("{place} is written"));
            }
        }
    }
    carry_out(context, setup, &setup.enable)?;
    setup.notes.iter().for_each(|note| context.ui.remark(note));
    Ok(())
}

/// Stops it and takes away what is ours; whether there was anything.
pub(super) fn take_away(context: &Context, setup: &Setup) -> Result<bool, CliError> {
    let mut ours = Vec::new();
    for piece in &setup.pieces {
        if matches!(piece.state()?, State::Current | State::Different) {
            ours.push(piece);
        }
    }
    if ours.is_empty() {
        return Ok(false);
    }
    if setup.running {
        carry_out(context, setup, &setup.disable)?;
    }
    for piece in ours {
        piece.take_away()?;
        context.ui.say(&format!(
            "{} is {}",
            piece.place(),
            if matches!(piece, Piece::Crontab(_)) { "without dirsync" } else { "removed" }
        ));
    }
    setup.leftovers.iter().try_for_each(|path| remove(path))?;
    if setup.running {
        carry_out(context, setup, &setup.forget)?;
    }
    Ok(true)
}

fn carry_out(context: &Context, setup: &Setup, commands: &[Vec<String>]) -> Result<(), CliError> {
    for command in commands {
        let shown = command.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ");
        if !setup.running {
            context.ui.say(&format!("left to do: {shown}"));
            continue;
        }
        let output = Command::new(&command[0]).args(&command[1..]).stdin(Stdio::null()).output();
        match output {
            Ok(output) if output.status.success() => context.ui.detail(&shown),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
                return Err(
                    failed(format!("{} refused: {said}", command[0])).hint(format!("to try it by hand: {shown}"))
                );
            }
            Err(error) => {
                return Err(
                    failed(format!("cannot run {}: {error}", command[0])).hint(format!("to try it by hand: {shown}"))
                );
            }
        }
    }
    Ok(())
}

fn crontab() -> Result<String, CliError> {
    let output = Command::new("crontab").arg("-l").stdin(Stdio::null()).output().map_err(|error| no_cron(&error))?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => String::from_utf8(output.stdout)
            .map_err(|_| failed("the crontab is not Unicode; it is left alone").hint("dirsync schedule show --cron")),
        // An account that has none yet.
        false if said.contains("no crontab") => Ok(String::new()),
        false => Err(failed(format!("crontab refused: {}", said.trim())).hint("crontab -l")),
    }
}

fn set_crontab(text: &str) -> Result<(), CliError> {
    let arguments = if text.is_empty() { "-r" } else { "-" };
    let mut command = Command::new("crontab");
    let mut child = command
        .arg(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| no_cron(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // Whoever refuses what is written says so in the end.
        let _ = stdin.write_all(text.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| no_cron(&error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    Err(failed(format!("crontab refused: {said}")).hint("dirsync schedule show --cron"))
}

fn no_cron(error: &io::Error) -> CliError {
    failed(format!("cannot run crontab: {error}")).hint("install cron, or choose another kind of timer: --systemd")
}

fn bytes(path: &Path, text: &str) -> Vec<u8> {
    if path.extension().is_some_and(|it| it == "xml") { windows::encoded(text) } else { text.as_bytes().to_vec() }
}

fn is_ours(found: &[u8]) -> bool {
    // In UTF-16 every second byte is zero, as far as our words go.
    let letters: Vec<u8> = found.iter().copied().filter(|byte| *byte != 0).collect();
    letters.windows(MARK.len()).any(|it| it == MARK.as_bytes())
}

fn remove(path: &Path) -> Result<(), CliError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed(format!("cannot remove {}: {error}", path.display()))
                .hint("as root for the machine's timer (sudo)"))
        }
        _ => Ok(()),
    }
}

fn failed(message: impl Into<String>) -> CliError {
    CliError::new(ErrorKind::Failed, message)
}
