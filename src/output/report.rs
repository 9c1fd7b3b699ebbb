//! How an error looks: `error:` and `hint:` lines for people, one JSON object for programs.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::TALK;
use super::cell::printable;
use super::wrap::wrapped;

/// An error ready to be shown.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Stable word for programs.
    pub code: &'static str,
    /// Whose failure, where several integrations are worked on.
    pub integration: Option<String>,
    /// What happened, in one sentence without a full stop.
    pub message: String,
    /// The ways out; one text for programs.
    #[serde(rename = "hint", serialize_with = "joined")]
    pub hints: Vec<String>,
    /// Whether trying again later may help.
    pub retryable: bool,
}

impl Report {
    /// Tells the log.
    pub(super) fn log(&self) {
        let Self { code, integration, message, hints, .. } = self;
        let whose = integration.as_deref().map(|name| format!("{name}: ")).unwrap_or_default();
        let hint = Some(hints.join("; ")).filter(|hint| !hint.is_empty());
        tracing::error!(target: TALK, code, hint, "{}", printable(&format!("{whose}{message}")));
    }

    pub(super) fn json(&self) -> String {
        #[derive(Serialize)]
        struct Envelope<'a> {
            error: &'a Report,
        }
        // A record of texts always serialises.
        serde_json::to_string(&Envelope { error: self }).unwrap_or_default()
    }

    /// For people; broken to fit so many cells, but for the hints, which hold commands to be copied.
    pub(super) fn human(&self, limit: Option<usize>) -> String {
        let fitted = |line: String, used| limit.map_or_else(|| line.clone(), |limit| wrapped(&line, used, limit));
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let cyan = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
        let mut lines = self.message.lines();
        let whose = self.integration.as_deref().map(|name| format!("{}: ", printable(name))).unwrap_or_default();
        let mut text = format!(
            "{red}error:{red:#} {}\n",
            fitted(format!("{whose}{}", printable(lines.next().unwrap_or_default())), "error: ".len())
        );
        for line in lines {
            let _ = writeln!(text, "{}", fitted(format!("  {}", printable(line)), 0));
        }
        for hint in &self.hints {
            let _ = writeln!(text, "  {cyan}hint:{cyan:#} {}", printable(hint));
        }
        text
    }
}

fn joined<S: serde::Serializer>(hints: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    if hints.is_empty() { serializer.serialize_none() } else { serializer.serialize_str(&hints.join("\n")) }
}
