//! A watchdog's address for each integration: told that a sync begins, went well or failed, and nothing else. Whoever
//! watches there notices when nothing is told any more. That it cannot be told is never the sync's failure.

use std::time::Duration;

use url::Url;

use super::online::Online;
use super::{CliError, ErrorKind};
use crate::http::Client;
use crate::model::Integration;
use crate::output::Ui;
use crate::sync::Report;

/// How often and how long it is tried.
const TRIES: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells the watchdog of one integration.
pub(super) struct Pinger {
    url: Url,
    name: String,
    client: Client,
    ui: Ui,
}

impl Pinger {
    /// The watchdog of `integration`, if it has one.
    pub(super) fn of(online: &Online<'_>, integration: &Integration) -> Result<Option<Self>, CliError> {
        let Some(url) = online.context.reader()?.ping_url(integration.id)? else { return Ok(None) };
        // What is stored was checked when it was set.
        let Ok(url) = url.parse() else { return Ok(None) };
        let (name, client, ui) = (integration.name.clone(), online.client.clone(), online.context.ui.clone());
        Ok(Some(Self { url, name, client, ui }))
    }

    /// A sync begins.
    pub(super) async fn begins(&self) {
        self.tell(&below(&self.url, "start")).await;
    }

    /// It has ended. One that found another at it says nothing: the other will; nor does one that was stopped.
    pub(super) async fn ended(&self, result: &Result<Report, CliError>) {
        match result {
            Ok(_) => self.tell(&self.url).await,
            Err(error) if matches!(error.kind, ErrorKind::Busy | ErrorKind::Stopped) => {}
            Err(_) => self.tell(&below(&self.url, "fail")).await,
        }
    }

    async fn tell(&self, url: &Url) {
        if let Err(failure) = self.client.touch(url, TRIES, PATIENCE).await {
            self.ui.detail(&format!("warning: {}: the watchdog at {} was not told: {failure}", self.name, host(url)));
        }
    }
}

/// Whom it goes to, for people: the rest of the address is as good as a password.
pub(super) fn host(url: &Url) -> &str {
    url.host_str().unwrap_or("?")
}

/// `https://hc-ping.com/uuid` → `https://hc-ping.com/uuid/start`.
fn below(url: &Url, word: &str) -> Url {
    let mut url = url.clone();
    url.set_path(&format!("{}/{word}", url.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_and_fail_are_below_the_address_whatever_it_asks() {
        for (url, expected) in [
            ("https://hc.example/a-b", "https://hc.example/a-b/start"),
            ("https://hc.example/a-b/?create=1", "https://hc.example/a-b/start?create=1"),
            ("https://hc.example", "https://hc.example/start"),
        ] {
            assert_eq!(below(&url.parse().unwrap(), "start").as_str(), expected);
        }
    }
}
