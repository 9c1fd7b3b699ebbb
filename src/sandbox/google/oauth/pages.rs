//! The two pages a person sees: consent, and what went wrong. Plain HTML and CSS, no scripts, usable by keyboard and
//! screen reader.

use super::Account;
use super::scopes::{describe, is_sign_in};
use crate::sandbox::params::Params;

const STYLE: &str = "
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;padding:1rem;box-sizing:border-box;min-height:100vh;display:grid;place-items:center;background:#f0f4f9;color:#1f1f1f}
main{background:#fff;border-radius:24px;padding:1.5rem 2rem;width:min(40rem,92vw);box-sizing:border-box}
h1{font-size:1.6rem;font-weight:500;line-height:1.25;margin:.25rem 0 1rem}
fieldset{border:1px solid #c4c7c5;border-radius:12px;margin:0 0 1rem;padding:.25rem 1rem}
legend{font-weight:600;padding:0 .4rem}
label{display:flex;gap:.75rem;align-items:flex-start;padding:.25rem 0}
input{margin-top:.3rem;accent-color:#0b57d0}
small{color:#5b5f63;display:block;line-height:1.35;overflow-wrap:anywhere}
.buttons{display:flex;gap:.75rem;justify-content:flex-end}
button{font:inherit;font-weight:600;border-radius:999px;padding:.55rem 1.5rem;border:1px solid #747775;background:none;color:#0b57d0;cursor:pointer}
button.allow{background:#0b57d0;border-color:#0b57d0;color:#fff}
:focus-visible{outline:3px solid #0b57d0;outline-offset:2px}
.pretend{font-size:.85rem;color:#5b5f63;margin:0}
@media(prefers-color-scheme:dark){body{background:#131314;color:#e3e3e3}main{background:#1e1f20}small,.pretend{color:#b5b8bb}
button{color:#a8c7fa}button.allow{background:#a8c7fa;border-color:#a8c7fa;color:#062e6f}:focus-visible{outline-color:#a8c7fa}}
";

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>{STYLE}</style></head>\
         <body><main><p class=\"pretend\">Pretend Google · dirsync sandbox</p>{body}</main></body></html>\n"
    )
}

/// The consent page: the request itself travels along in hidden fields, so that nothing has to be remembered.
pub(super) fn consent(query: &Params, app: &str, accounts: &[Account], scopes: &[String]) -> String {
    let hint = query.get("login_hint");
    let hinted =
        |account: &Account| hint.is_some_and(|hint| account.email.eq_ignore_ascii_case(hint) || account.sub == hint);
    let preselected = accounts.iter().position(hinted).unwrap_or(0);
    let hidden: String = query
        .pairs()
        .map(|(key, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(key), escape(value)))
        .collect();
    let choice: String = accounts
        .iter()
        .enumerate()
        .map(|(place, account)| {
            let checked = if place == preselected { " checked" } else { "" };
            let (email, name) = (escape(&account.email), escape(&account.name));
            format!(
                "<label><input type=\"radio\" name=\"account\" value=\"{email}\"{checked} required>\
                 <span>{name}<small>{email} · {}</small></span></label>",
                account.note
            )
        })
        .collect();
    let boxes: String = scopes
        .iter()
        .filter(|scope| !is_sign_in(scope))
        .map(|scope| {
            format!(
                "<label><input type=\"checkbox\" name=\"granted\" value=\"{0}\" checked><span>{1}<small>{0}</small></span></label>",
                escape(scope),
                escape(&describe(scope))
            )
        })
        .collect();
    let boxes = if boxes.is_empty() {
        String::new()
    } else {
        format!("<fieldset><legend>Select what {app} can access</legend>{boxes}</fieldset>")
    };
    page(
        "Sign in – pretend Google Accounts",
        &format!(
            "<h1>{app} wants access to your account</h1>\
             <form method=\"post\" action=\"/o/oauth2/v2/auth/decision\">{hidden}\
             <fieldset><legend>Choose an account</legend>{choice}</fieldset>{boxes}\
             <div class=\"buttons\"><button name=\"decision\" value=\"decline\">Decline</button>\
             <button class=\"allow\" name=\"decision\" value=\"allow\">Allow</button></div></form>"
        ),
    )
}

/// The page for a request that cannot be sent back to the app.
pub(super) fn failure(status: u16, error: &str, words: &str) -> String {
    page(
        &format!("Error {status}: {}", escape(error)),
        &format!(
            "<h1>Access blocked: authorisation error</h1><p>{}</p><p><strong>Error {status}: {}</strong></p>",
            escape(words),
            escape(error)
        ),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
