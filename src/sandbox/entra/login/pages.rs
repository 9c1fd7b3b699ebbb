//! The pages a person sees: choosing an account and consenting, typing a device's code, and what went wrong. Plain HTML
//! and CSS, no scripts, usable by keyboard and screen reader.

use super::accounts::Account;
use super::scopes::{describe, needs_admin};
use crate::sandbox::params::Params;

const STYLE: &str = "
:root{color-scheme:light dark}
body{font:15px/1.45 'Segoe UI',system-ui,sans-serif;margin:0;padding:1rem;box-sizing:border-box;min-height:100vh;display:grid;place-items:center;background:#f2f2f2;color:#1b1b1b}
main{background:#fff;padding:2rem 2.5rem;width:min(36rem,92vw);box-sizing:border-box;box-shadow:0 2px 6px #0003}
h1{font-size:1.5rem;font-weight:600;line-height:1.25;margin:.25rem 0 1rem}
fieldset{border:1px solid #ccc;margin:0 0 1rem;padding:.25rem 1rem}
legend{font-weight:600;padding:0 .4rem}
label{display:flex;gap:.75rem;align-items:flex-start;padding:.25rem 0}
input{margin-top:.3rem;accent-color:#0067b8}
input[type=text]{font:inherit;padding:.4rem;border:1px solid #666;letter-spacing:.1em}
small{color:#5b5b5b;display:block;line-height:1.35;overflow-wrap:anywhere}
.buttons{display:flex;gap:.75rem;justify-content:flex-end}
button{font:inherit;padding:.45rem 1.75rem;border:1px solid #8a8a8a;background:#ccc3;color:inherit;cursor:pointer}
button.accept{background:#0067b8;border-color:#0067b8;color:#fff}
:focus-visible{outline:3px solid #0067b8;outline-offset:2px}
.pretend{font-size:.85rem;color:#5b5b5b;margin:0}
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}main{background:#1f1f1f}small,.pretend{color:#b5b5b5}}
";

pub(super) fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>{STYLE}</style></head>\
         <body><main><p class=\"pretend\">Pretend Microsoft · dirsync sandbox</p>{body}</main></body></html>\n"
    )
}

fn hidden(query: &Params) -> String {
    query
        .pairs()
        .map(|(key, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(key), escape(value)))
        .collect()
}

fn choice(query: &Params, accounts: &[Account]) -> String {
    let hint = query.get("login_hint");
    let hinted =
        |account: &Account| hint.is_some_and(|hint| account.upn.eq_ignore_ascii_case(hint) || account.oid == hint);
    let preselected = accounts.iter().position(hinted).unwrap_or(0);
    let radio = |(place, account): (usize, &Account)| {
        let checked = if place == preselected { " checked" } else { "" };
        let (upn, name) = (escape(&account.upn), escape(&account.name));
        format!(
            "<label><input type=\"radio\" name=\"account\" value=\"{upn}\"{checked} required>\
             <span>{name}<small>{upn} · {}</small></span></label>",
            account.note
        )
    };
    let all: String = accounts.iter().enumerate().map(radio).collect();
    format!("<fieldset><legend>Pick an account</legend>{all}</fieldset>")
}

const BUTTONS: &str = "<div class=\"buttons\"><button name=\"decision\" value=\"cancel\">Cancel</button>\
                       <button class=\"accept\" name=\"decision\" value=\"accept\">Accept</button></div>";

/// The consent page: the request itself travels along in hidden fields, so that nothing has to be remembered.
pub(super) fn consent(action: &str, query: &Params, accounts: &[Account], scopes: &[String], for_all: bool) -> String {
    let list: String = scopes
        .iter()
        .map(|scope| {
            let admin = if needs_admin(scope) { " · needs an administrator" } else { "" };
            format!("<li>{}<small>{}{admin}</small></li>", escape(describe(scope)), escape(scope))
        })
        .collect();
    let tick = if for_all {
        String::new()
    } else {
        "<label><input type=\"checkbox\" name=\"organization\" value=\"true\">\
         <span>Consent on behalf of your organization</span></label>"
            .to_owned()
    };
    page(
        "Permissions requested – pretend Microsoft",
        &format!(
            "<h1>Permissions requested</h1><p>dirsync would like to:</p><ul>{list}</ul>\
             <form method=\"post\" action=\"{action}\">{}{}{tick}{BUTTONS}</form>",
            hidden(query),
            choice(query, accounts)
        ),
    )
}

/// The page on which a device's code is typed in.
pub(super) fn device(query: &Params, accounts: &[Account]) -> String {
    let code = escape(query.get("user_code").unwrap_or_default());
    page(
        "Enter code – pretend Microsoft",
        &format!(
            "<h1>Enter code to allow access</h1><form method=\"post\" action=\"/devicelogin\">\
             <p><label>Code <input type=\"text\" name=\"user_code\" value=\"{code}\" required autofocus></label></p>\
             {}{BUTTONS}</form>",
            choice(query, accounts)
        ),
    )
}

/// The page for a request that cannot be sent back to the app.
pub(super) fn failure(description: &str) -> String {
    page(
        "Sign in to your account",
        &format!("<h1>Sorry, but we’re having trouble signing you in.</h1><p>{}</p>", escape(description)),
    )
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
