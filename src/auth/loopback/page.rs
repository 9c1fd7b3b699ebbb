//! The one page a person sees in the browser when the sign-in is over.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A page: whether it worked, and why (not).
#[derive(Clone, Debug)]
pub(super) struct Page {
    status: StatusCode,
    title: &'static str,
    lines: Vec<String>,
}

impl Page {
    /// The sign-in is complete; `account` is who signed in.
    pub(super) fn signed_in(account: &str) -> Self {
        let lines = vec![format!("Signed in as {account}."), "You may close this window.".into()];
        Self { status: StatusCode::OK, title: "dirsync is connected", lines }
    }

    /// The sign-in failed, with a sentence and a way out.
    pub(super) fn failed(message: &str, hint: Option<&str>) -> Self {
        let mut lines = vec![format!("{message}.")];
        lines.extend(hint.map(str::to_owned));
        lines.push("Nothing was stored. You may close this window and go back to the terminal.".into());
        Self { status: StatusCode::OK, title: "dirsync was not connected", lines }
    }

    /// A redirect that belongs to no sign-in of this process.
    pub(super) fn not_ours() -> Self {
        let lines = vec![
            "This answer does not belong to the sign-in that dirsync is waiting for.".into(),
            "Open the address that dirsync shows in the terminal, and no older one.".into(),
        ];
        Self { status: StatusCode::BAD_REQUEST, title: "Not this sign-in", lines }
    }

    /// The process went away before the sign-in ended.
    pub(super) fn interrupted() -> Self {
        let lines = vec!["dirsync stopped before the sign-in was complete. The terminal says why.".into()];
        Self { status: StatusCode::OK, title: "dirsync was not connected", lines }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let lines: String = self.lines.iter().map(|line| format!("<p>{}</p>", escaped(line))).collect();
        let body = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
             <style>body{{font:16px system-ui,sans-serif;max-width:36em;margin:15vh auto;padding:0 1em}}</style>\
             <h1>{title}</h1>{lines}</html>",
            title = self.title
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            // The address holds the code: it must not travel on, and nothing may be loaded into this page.
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
            (header::CONNECTION, "close"),
        ];
        (self.status, headers, body).into_response()
    }
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
