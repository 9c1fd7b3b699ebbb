//! What one test of the doctor's says, and how that is shown.

use serde::Serialize;

use crate::cli::{CliError, Context, Exit};
use crate::model::Failure;
use crate::output::{Cell, Column, Listing};

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Ok,
    /// It works, and may not for long, or not safely.
    Warning,
    /// No sync can go well.
    Failure,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

/// What was found; field names are the keys of the JSON output.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    /// What was tested.
    check: &'static str,
    /// Of which integration; `None`: of this machine.
    integration: Option<String>,
    pub(super) state: State,
    message: String,
    /// What to do, where there is something.
    remedy: Option<String>,
    /// The exit code that it asks for.
    #[serde(skip)]
    pub(super) exit: Exit,
}

impl Finding {
    pub(super) fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, integration: None, state: State::Ok, message: message.into(), remedy: None, exit: Exit::Done }
    }

    pub(super) fn warning(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Warning, remedy: Some(remedy.into()), ..Self::ok(check, message) }
    }

    pub(super) fn failure(check: &'static str, error: impl Into<CliError>) -> Self {
        let error = error.into();
        let exit = error.exit();
        let remedy = (!error.hints.is_empty()).then(|| error.hints.join("; "));
        Self { state: State::Failure, remedy, exit, ..Self::ok(check, error.message) }
    }

    /// What `result` says; well, it is what `well` makes of it.
    pub(super) fn of<T>(check: &'static str, result: Result<T, Failure>, well: impl FnOnce(T) -> Self) -> Self {
        result.map_or_else(|failure| Self::failure(check, failure), well)
    }

    pub(super) fn about(self, integration: &str) -> Self {
        Self { integration: Some(integration.to_owned()), ..self }
    }
}

pub(super) fn listing() -> Listing<Finding> {
    Listing::new(vec![
        Column::new("state", |it: &Finding| Cell::word(it.state.as_str())),
        Column::new("integration", |it: &Finding| (&it.integration).into()),
        Column::new("check", |it: &Finding| Cell::Text(it.check.into())),
        Column::new("message", |it: &Finding| (&it.message).into()),
        Column::new("remedy", |it: &Finding| (&it.remedy).into()),
    ])
}

/// For somebody who reads along: a line each, with what to do below it.
pub(super) fn tell(context: &Context, finding: &Finding) -> Result<(), CliError> {
    let mut text = format!("{:<8} {:<13} {}\n", finding.state.as_str(), finding.check, finding.message);
    for line in finding.remedy.iter().flat_map(|remedy| remedy.lines()) {
        text.push_str(&format!("{:22} → {line}\n", ""));
    }
    Ok(context.ui.text(&text)?)
}
