//! What every command understands: the top of the command line, global flags, endpoints.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, ColorChoice, Parser};
use url::Url;

use super::logging::LogFormat;
use super::{CliError, Command};
use crate::auth::entra;
use crate::auth::google::Overrides;
use crate::http::RetryPolicy;
use crate::output::Format;
use crate::provider::{self, ProviderSpec, Pull, google};

/// Connect your user directories to one local, queryable directory.
///
/// dirsync reads the users, groups and memberships of Google Workspace and Microsoft Entra ID into one SQLite database,
/// keeps who joined, changed and left, and never takes a source that fails for everybody having left.
#[derive(Debug, Parser)]
#[command(name = "dirsync", version, after_long_help = super::exit::HELP, after_help = "'dirsync --help' lists exit codes and says where settings come from.")]
#[command(disable_help_subcommand = true, infer_long_args = false)]
pub struct Cli {
    /// Flags for every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// Where directories and sign-in services are.
    #[command(flatten)]
    pub endpoints: EndpointArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command has.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Format of the data; without it a table on a terminal, its columns tab-separated in a pipe
    #[arg(short, long, global = true, value_name = "FORMAT", value_parser = formats())]
    pub output: Option<Format>,
    /// Show these columns, in this order
    #[arg(long, global = true, value_name = "A,B,…", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// In CSV, put a ' before values that a spreadsheet would run (those that begin with = + - @)
    #[arg(long, global = true)]
    pub spreadsheet_safe: bool,
    /// Show every column of a table and cut nothing
    #[arg(long, global = true)]
    pub wide: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more (twice: requests and decisions)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Append log lines, warnings and errors to this file; log lines are no longer on stderr then
    #[arg(long, global = true, value_name = "PATH", hide_short_help = true)]
    pub log_file: Option<std::path::PathBuf>,
    /// What log lines look like
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", hide_short_help = true)]
    pub log_format: LogFormat,
    /// Never ask; what is missing is an error
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// Trust the certificate authorities in this PEM file as well (a proxy's, for instance)
    #[arg(long, global = true, value_name = "PEM", hide_short_help = true)]
    pub ca_file: Option<std::path::PathBuf>,
}

/// Endpoints and quotas, for tests and for places where they differ; `None`: the provider's own.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct EndpointArgs {
    /// Google's consent page.
    #[arg(long, global = true, hide = true, value_name = "URL", value_parser = endpoint)]
    pub google_auth_url: Option<Url>,
    /// Google's token endpoint.
    #[arg(long, global = true, hide = true, value_name = "URL", value_parser = endpoint)]
    pub google_token_url: Option<Url>,
    /// Google's revocation endpoint.
    #[arg(long, global = true, hide = true, value_name = "URL", value_parser = endpoint)]
    pub google_revoke_url: Option<Url>,
    /// Google's Directory API.
    #[arg(long, global = true, hide = true, value_name = "URL", value_parser = endpoint)]
    pub google_api_url: Option<Url>,
    /// Requests a minute to Google's Directory API.
    #[arg(long, global = true, hide = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub google_requests_per_minute: Option<u32>,
    /// Where Entra signs in, whatever the cloud.
    #[arg(long, global = true, hide = true, value_name = "URL", value_parser = endpoint)]
    pub entra_login_url: Option<Url>,
    /// Microsoft Graph, whatever the cloud.
    #[arg(long, global = true, hide = true, value_name = "URL", value_parser = endpoint)]
    pub graph_url: Option<Url>,
    /// How long one request may fail before it is given up.
    #[arg(long, global = true, hide = true, value_name = "DURATION", default_value = "90s", value_parser = duration)]
    pub give_up_after: Duration,
}

impl EndpointArgs {
    /// Google's sign-in addresses, where they are set.
    pub(super) fn google_sign_in(&self) -> Overrides {
        let text = |url: &Option<Url>| url.as_ref().map(Url::to_string);
        Overrides {
            authorize: text(&self.google_auth_url),
            token: text(&self.google_token_url),
            revoke: text(&self.google_revoke_url),
        }
    }

    /// Entra's sign-in addresses, where they are set.
    pub(super) fn entra_sign_in(&self) -> entra::Overrides {
        entra::Overrides { login: self.entra_login_url.as_ref().map(Url::to_string) }
    }

    /// The root of a provider's API: what is set, else `root`.
    pub(super) fn api(&self, spec: &ProviderSpec, root: &str) -> Result<Url, CliError> {
        let set = [(google::SPEC.kind, &self.google_api_url), (provider::entra::SPEC.kind, &self.graph_url)];
        match set.into_iter().find(|(kind, _)| *kind == spec.kind) {
            Some((_, Some(url))) => Ok(url.clone()),
            _ => root.parse().map_err(|error| CliError::usage(format!("{root}: {error}"))),
        }
    }

    /// How many requests a minute a provider may be sent.
    pub(super) fn requests_per_minute(&self, spec: &ProviderSpec, pull: &Pull) -> u32 {
        let set = [(google::SPEC.kind, self.google_requests_per_minute)];
        let set = set.into_iter().find(|(kind, _)| *kind == spec.kind).and_then(|(_, number)| number);
        set.unwrap_or(pull.requests_per_minute)
    }

    /// How patient one request is.
    pub(super) fn retry_policy(&self) -> RetryPolicy {
        let standard = RetryPolicy::default();
        let first_pause = standard.first_pause.min(self.give_up_after / 20);
        RetryPolicy { give_up_after: self.give_up_after, first_pause, ..standard }
    }
}

/// `90s`, `2m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    Duration::try_from(duration).map_err(|_| "a duration cannot be negative".into())
}

fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::as_str))
        .map(|word| Format::ALL.into_iter().find(|format| format.as_str() == word).unwrap_or(Format::Table))
}

/// https anywhere, http only where nobody can listen in.
pub(super) fn endpoint(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|error| format!("not a URL: {error}"))?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => return Err("a URL with a host is needed".into()),
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback => Ok(url),
        "http" => Err("http is for loopback only; use https".into()),
        other => Err(format!("'{other}' is no scheme for an endpoint; use https")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_https_or_on_loopback() {
        for fine in ["https://admin.googleapis.com", "http://127.0.0.1:4000/x", "http://[::1]:1", "http://localhost"] {
            assert!(endpoint(fine).is_ok(), "{fine}");
        }
        for wrong in ["http://example.com", "http://127.0.0.1.example.com", "ftp://localhost", "mailto:a@b", "x"] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
    }
}
