//! Reads the address that somebody copied from a browser whose machine is not this one.

use secrecy::SecretString;
use url::Url;

use super::redirected::{NotOurs, Redirected, Wanted};

/// Reads a pasted line; the error is one sentence that says what to paste instead.
pub(super) fn read(line: &str, wanted: Wanted, state: &SecretString) -> Result<Redirected, &'static str> {
    let line = line.trim().trim_matches(['"', '\'', '<', '>']);
    let query = match Url::parse(line) {
        Ok(url) => url.query().unwrap_or_default().to_owned(),
        // Some terminals and people drop the beginning; what counts comes after the question mark.
        Err(_) => line.split_once('?').map_or(line, |(_, query)| query).to_owned(),
    };
    Redirected::read(&query, wanted, state).map_err(|wrong| match wrong {
        NotOurs::Nothing if line.is_empty() => "nothing was pasted",
        NotOurs::Nothing if query.contains("client_id=") => {
            "that is the address to sign in at; after signing in, paste the one that the browser could not open"
        }
        NotOurs::Nothing => "paste the whole address that the browser ended at, from http:// to the end",
        NotOurs::Doubled => "that address is garbled; copy it once more",
        NotOurs::ForeignState => {
            "that address does not belong to this sign-in (an earlier one, or cut off); sign in at the address shown above"
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_forgiven_its_quotes_and_told_what_it_lacks() {
        let state = SecretString::from("the-state");
        let read = |line: &str| super::read(line, Wanted::Code, &state);
        for good in [
            "http://127.0.0.1:9/?state=the-state&code=4/abc",
            "  'http://127.0.0.1:9/?code=4%2Fabc&state=the-state&scope=email' \n",
            "127.0.0.1:9/?code=4/abc&state=the-state",
            "code=4/abc&state=the-state",
        ] {
            assert!(matches!(read(good), Ok(Redirected::Code(_))), "{good}");
        }
        for (bad, says) in [
            ("", "nothing"),
            ("4/abc", "whole address"),
            ("https://accounts.google.com/o/oauth2/v2/auth?client_id=x&state=the-state", "address to sign in at"),
            ("http://127.0.0.1:9/?code=4/abc&state=other", "does not belong"),
            ("http://127.0.0.1:9/?code=4/abc", "does not belong"),
            ("http://127.0.0.1:9/?code=a&code=b&state=the-state", "garbled"),
        ] {
            assert!(read(bad).unwrap_err().contains(says), "{bad}");
        }
        assert!(matches!(
            read("http://127.0.0.1:9/?error=access_denied&state=the-state"),
            Ok(Redirected::Refused(refusal)) if refusal.error == "access_denied"
        ));
    }
}
