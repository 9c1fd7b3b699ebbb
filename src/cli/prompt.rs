//! Asking the user. Only where stdin and stderr are terminals and `--no-input` was not given; otherwise what is missing
//! is an error that names the flag. (dialoguer looks at stderr alone and then hangs on `</dev/null`.)

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input, Password, Select};
use secrecy::SecretString;

use super::CliError;

/// The right to ask, or not.
#[derive(Clone, Copy, Debug)]
pub struct Prompt {
    allowed: bool,
    colored: bool,
}

impl Prompt {
    pub(super) fn new(no_input: bool, colored: bool) -> Self {
        Self { allowed: !no_input && io::stdin().is_terminal() && io::stderr().is_terminal(), colored }
    }

    /// Whether somebody is there to answer.
    pub fn allowed(&self) -> bool {
        self.allowed
    }

    /// Asks for a line of text that `check` accepts; `flag` is what to use where nobody can be asked.
    ///
    /// # Errors
    /// Nobody is there, or Ctrl-C.
    pub fn text(
        &self,
        question: &str,
        flag: &str,
        default: Option<String>,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<String, CliError> {
        self.gate(question, flag)?;
        let theme = self.theme();
        let mut input =
            Input::with_theme(&*theme).with_prompt(question).validate_with(|answer: &String| check(answer.trim()));
        if let Some(default) = default {
            input = input.default(default);
        }
        answered(input.interact_text()).map(|answer: String| answer.trim().to_owned())
    }

    /// Asks for the path of a file that exists; secrets are never typed, only pointed at. `~/` means home.
    ///
    /// # Errors
    /// As [`Prompt::text`].
    pub fn file(&self, question: &str, flag: &str) -> Result<PathBuf, CliError> {
        let answer = self.text(question, flag, None, |answer| {
            let path = expanded(answer);
            if path.is_file() { Ok(()) } else { Err(format!("there is no file {}", path.display())) }
        })?;
        Ok(expanded(&answer))
    }

    /// Lets one of `choices` be chosen; returns its index.
    ///
    /// # Errors
    /// As [`Prompt::text`].
    pub fn select(&self, question: &str, flag: &str, choices: &[String]) -> Result<usize, CliError> {
        self.gate(question, flag)?;
        let theme = self.theme();
        answered(Select::with_theme(&*theme).with_prompt(question).items(choices).default(0).interact())
    }

    /// Asks yes or no.
    ///
    /// # Errors
    /// As [`Prompt::text`].
    pub fn confirm(&self, question: &str, flag: &str, default: bool) -> Result<bool, CliError> {
        self.gate(question, flag)?;
        let theme = self.theme();
        answered(Confirm::with_theme(&*theme).with_prompt(question).default(default).interact())
    }

    /// Has `name` typed as the confirmation of something grave; `Ok(false)` when something else was typed.
    ///
    /// # Errors
    /// As [`Prompt::text`].
    pub fn typed_name(&self, question: &str, flag: &str, name: &str) -> Result<bool, CliError> {
        self.text(question, flag, None, |_| Ok(())).map(|typed| typed == name)
    }

    /// Asks for a passphrase, which nobody sees; a new one twice.
    ///
    /// # Errors
    /// As [`Prompt::text`].
    pub fn passphrase(&self, question: &str, flag: &str, new: bool) -> Result<SecretString, CliError> {
        self.gate(question, flag)?;
        let theme = self.theme();
        let mut input = Password::with_theme(&*theme).with_prompt(question);
        if new {
            input = input.with_confirmation("Once more", "these are not the same");
        }
        answered(input.interact()).map(SecretString::from)
    }

    fn gate(&self, question: &str, flag: &str) -> Result<(), CliError> {
        if self.allowed {
            return Ok(());
        }
        let what = question.trim_end_matches(['?', ':', ' ']);
        Err(CliError::usage(format!("cannot ask \"{what}\" without a terminal")).hint(format!("give {flag}")))
    }

    fn theme(&self) -> Box<dyn Theme> {
        if self.colored { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) }
    }
}

/// dialoguer leaves the cursor hidden when it is interrupted.
pub(super) fn show_cursor() {
    if io::stderr().is_terminal() {
        let _ = dialoguer::console::Term::stderr().show_cursor();
    }
}

fn answered<T>(answer: dialoguer::Result<T>) -> Result<T, CliError> {
    answer.map_err(|dialoguer::Error::IO(error)| {
        show_cursor();
        match error.kind() {
            io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => {
                // The question still stands on the line.
                let _ = dialoguer::console::Term::stderr().write_line("");
                CliError::stopped()
            }
            _ => CliError::usage(format!("cannot ask: {error}")).hint("use --no-input to learn which flags are needed"),
        }
    })
}

fn expanded(answer: &str) -> PathBuf {
    let answer = answer.trim_matches(['"', '\'']);
    match answer.strip_prefix("~/").zip(super::environment::variable("HOME")) {
        Some((below, home)) => PathBuf::from(home).join(below),
        None => PathBuf::from(answer),
    }
}
