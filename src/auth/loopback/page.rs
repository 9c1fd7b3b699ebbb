//! The one page a person sees in the browser when the sign-in is over.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;margin:0;padding:15vh 1rem 1rem;background:#f0f4f9;color:#1f1f1f}\
main{background:#fff;max-width:34rem;margin:auto;padding:1.5rem 2rem;border-radius:12px;border-top:6px solid #b3261e}\
main.good{border-color:#146c2e}\
h1{font-size:1.6rem;line-height:1.25;margin:.25rem 0 1rem}\
p{overflow-wrap:anywhere}\
@media(prefers-color-scheme:dark){body{background:#131314;color:#e3e3e3}main{background:#1e1f20}}";

/// A page: whether it worked, and why (not).
#[derive(Clone, Debug)]
pub(super) struct Page {
    status: StatusCode,
    worked: bool,
    title: &'static str,
    lines: Vec<String>,
    onward: Option<Url>,
}

impl Page {
    /// The sign-in is complete; `account` is who signed in.
    pub(super) fn signed_in(account: &str) -> Self {
        let lines = vec![
            format!("Signed in as {account}."),
            "You may close this window. The terminal shows what is read now.".into(),
        ];
        Self { status: StatusCode::OK, worked: true, title: "dirsync is connected", lines, onward: None }
    }

    /// The sign-in failed, with a sentence and a way out.
    pub(super) fn failed(message: &str, hint: Option<&str>) -> Self {
        let mut lines = vec![sentence(&format!("{message}."))];
        lines.extend(hint.into_iter().flat_map(str::lines).map(sentence));
        lines.push("Nothing was stored. You may close this window and go back to the terminal.".into());
        Self { status: StatusCode::OK, worked: false, title: "dirsync was not connected", lines, onward: None }
    }

    /// A redirect that belongs to no sign-in of this process.
    pub(super) fn not_ours() -> Self {
        let lines = vec![
            "This answer does not belong to the sign-in that dirsync is waiting for.".into(),
            "Open the address that dirsync shows in the terminal, and no older one.".into(),
        ];
        Self { status: StatusCode::BAD_REQUEST, worked: false, title: "Not this sign-in", lines, onward: None }
    }

    /// The process went away before the sign-in ended.
    pub(super) fn interrupted() -> Self {
        let lines = vec!["dirsync stopped before the sign-in was complete. The terminal says why.".into()];
        Self { status: StatusCode::OK, worked: false, title: "dirsync was not connected", lines, onward: None }
    }

    /// One page of several is done; the browser goes on by itself.
    pub(super) fn send_on(address: &Url) -> Self {
        let onward = Some(address.clone());
        Self { status: StatusCode::SEE_OTHER, worked: true, title: "Going on", lines: Vec::new(), onward }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let lines: String = self.lines.iter().map(|line| format!("<p>{}</p>", escaped(line))).collect();
        let body = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>{STYLE}</style>\
             <main class=\"{mood}\"><h1>{title}</h1>{lines}</main></html>",
            title = self.title,
            mood = if self.worked { "good" } else { "bad" }
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            // The address holds the code: it must not travel on, and nothing may be loaded into this page.
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
            (header::CONNECTION, "close"),
        ];
        match self.onward {
            Some(address) => (self.status, headers, [(header::LOCATION, String::from(address))], body).into_response(),
            None => (self.status, headers, body).into_response(),
        }
    }
}

/// Beginning with a capital, as messages of a terminal do not.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
