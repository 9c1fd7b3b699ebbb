//! A sign-in from the address to the grant, with a browser that is a plain socket.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use url::Url;

use crate::auth::Client;
use crate::auth::google::{SCOPES, SignIn, SignedIn, sign_in};
use crate::auth::test_support::{Service, post};
use crate::auth::{Conversation, Show};
use crate::clock::Clock;
use crate::model::{Failure, FailureKind};

const NOW: i64 = 1_790_000_000;
const GRANTED: &str = "openid https://www.googleapis.com/auth/userinfo.email \
                       https://www.googleapis.com/auth/admin.directory.user.readonly \
                       https://www.googleapis.com/auth/admin.directory.group.readonly";

/// What differs from a sign-in that goes well.
struct Case {
    /// The redirect's query, after `state=…&`.
    redirect: &'static str,
    change: fn(&mut Value, &mut Value),
    pasted: bool,
}

impl Default for Case {
    fn default() -> Self {
        Self { redirect: "code=4%2Fx", change: |_, _| {}, pasted: false }
    }
}

struct Ended {
    result: Result<SignedIn, Failure>,
    shown: HashMap<String, String>,
    exchanged: Vec<HashMap<String, String>>,
    browser: tokio::task::JoinHandle<String>,
}

async fn run(case: Case) -> Ended {
    let service = Service::start().await;
    let client = Client { id: "1234-me.apps.googleusercontent.com".into(), secret: Some("shh".into()) };
    let (endpoints, clock) = (service.endpoints(), Clock::manual(Timestamp::from_second(NOW).unwrap()));
    let (lines, pasted) = mpsc::channel(1);
    let (shown, browser) = (Mutex::new(HashMap::new()), Mutex::new(None));
    let show = |show: Show<'_>| {
        let Show::SignIn(url) = show else { panic!("{show:?}") };
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let mut claims = json!({
            "iss": "https://accounts.google.com", "aud": query["client_id"], "sub": "113", "nonce": query["nonce"],
            "iat": NOW, "exp": NOW + 3600, "email": "admin@corp.example", "email_verified": true, "hd": "corp.example"
        });
        let mut answer = json!({
            "access_token": "ya29.a", "expires_in": 3599, "refresh_token": "1//r", "scope": GRANTED, "token_type": "Bearer"
        });
        (case.change)(&mut claims, &mut answer);
        let payload = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
        if answer.get("error").is_none() && answer.get("id_token").is_none() {
            answer["id_token"] = json!(format!("e30.{payload}.c2ln"));
        }
        service.answers(if answer.get("error").is_some() { 400 } else { 200 }, &answer);
        let redirect = format!("{}?state={}&{}", query["redirect_uri"], query["state"], case.redirect);
        let lines = case.pasted.then(|| lines.clone());
        *browser.lock().unwrap() = Some(tokio::spawn(async move {
            match lines {
                Some(lines) => lines.send(redirect).await.map(|()| String::new()).unwrap(),
                None => visit(&redirect).await,
            }
        }));
        *shown.lock().unwrap() = query;
    };
    let (send, random) = (post(), SystemRandom::new());
    let flow = sign_in(
        SignIn {
            client: &client,
            endpoints: &endpoints,
            port: None,
            login_hint: Some("admin@corp.example"),
            again: "dirsync reauth corp",
        },
        Conversation {
            show: &show,
            pasted: Some(pasted),
            complain: &|wrong| panic!("{wrong}"),
            deadline: Duration::from_secs(5),
            post: &send,
            clock: &clock,
            random: &random,
        },
    );
    let result = movable(flow).await;
    Ended {
        result,
        shown: shown.into_inner().unwrap(),
        exchanged: service.seen(),
        browser: browser.into_inner().unwrap().unwrap(),
    }
}

#[tokio::test]
async fn a_grant_that_ends_by_itself_says_when() {
    assert_eq!(run(Case::default()).await.result.unwrap().grant.ends_at, None);
    // What an app whose consent screen is in "Testing" is told; whatever else may stand there is no reason to fail.
    let week = Case { change: |_, answer| answer["refresh_token_expires_in"] = json!(604_799), ..Case::default() };
    let ends_at = run(week).await.result.unwrap().grant.ends_at;
    assert_eq!(ends_at.map(Timestamp::as_second), Some(NOW + 604_799));
    let odd = Case { change: |_, answer| answer["refresh_token_expires_in"] = json!("soon"), ..Case::default() };
    assert_eq!(run(odd).await.result.unwrap().grant.ends_at, None);
}

/// The flow may be spawned: all that it holds can change threads.
fn movable<F: Future + Send>(flow: F) -> F {
    flow
}

async fn visit(address: &str) -> String {
    let url = Url::parse(address).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", url.port().unwrap())).await.unwrap();
    let request = format!("GET /?{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", url.query().unwrap());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    page
}

#[tokio::test]
async fn a_sign_in_asks_for_what_it_needs_and_proves_itself() {
    let Ended { result, shown, exchanged, browser } = run(Case::default()).await;
    let SignedIn { grant, pending } = result.unwrap();
    assert_eq!((grant.subject.as_str(), grant.email.as_str()), ("113", "admin@corp.example"));
    assert_eq!((grant.hosted_domain.as_str(), grant.scopes.len()), ("corp.example", 4));
    assert_eq!(grant.access_token.expose_secret(), "ya29.a");
    assert_eq!(grant.refresh_token.expose_secret(), "1//r");
    assert!(!format!("{grant:?}").contains("ya29") && !format!("{grant:?}").contains("1//r"));

    for (name, value) in [
        ("response_type", "code"),
        ("access_type", "offline"),
        ("prompt", "consent"),
        ("login_hint", "admin@corp.example"),
        ("code_challenge_method", "S256"),
        ("scope", &SCOPES.join(" ")),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    assert!(shown["redirect_uri"].starts_with("http://127.0.0.1:") && shown["redirect_uri"].ends_with('/'));
    assert!(shown["state"].len() >= 43 && shown["nonce"].len() >= 43 && shown["state"] != shown["nonce"]);

    let form = &exchanged[0];
    assert_eq!((form["grant_type"].as_str(), form["code"].as_str()), ("authorization_code", "4/x"));
    assert_eq!((form["client_secret"].as_str(), &form["redirect_uri"]), ("shh", &shown["redirect_uri"]));
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, form["code_verifier"].as_bytes()));
    assert_eq!(challenge, shown["code_challenge"]);

    pending.finish(Ok("admin@corp.example")).await;
    assert!(browser.await.unwrap().contains("Signed in as admin@corp.example."));
}

#[tokio::test]
async fn a_pasted_address_does_as_well() {
    let ended = run(Case { pasted: true, ..Case::default() }).await;
    ended.result.unwrap().pending.finish(Ok("admin@corp.example")).await;
}

#[tokio::test]
async fn a_sign_in_that_would_not_last_or_is_the_wrong_one_is_refused_and_the_browser_knows() {
    type Change = fn(&mut Value, &mut Value);
    let cases: [(Change, FailureKind, &str, &str); 10] = [
        (
            |_, answer| answer["scope"] = json!(GRANTED.rsplit_once(' ').unwrap().0),
            FailureKind::ConsentNeeded,
            "admin.directory.group.readonly",
            "tick every box",
        ),
        (
            |_, answer| {
                answer["scope"] = json!("openid email https://www.googleapis.com/auth/admin.directory.group.readonly")
            },
            FailureKind::ConsentNeeded,
            "admin.directory.user.readonly",
            "tick every box",
        ),
        (
            |_, answer| drop(answer.as_object_mut().unwrap().remove("refresh_token")),
            FailureKind::SignInNeeded,
            "no refresh token",
            "myaccount.google.com/connections",
        ),
        (
            |claims, _| drop(claims.as_object_mut().unwrap().remove("hd")),
            FailureKind::SignInNeeded,
            "private Google account",
            "dirsync reauth corp",
        ),
        (
            |claims, _| claims["email_verified"] = json!(false),
            FailureKind::SignInNeeded,
            "does not vouch",
            "dirsync reauth corp",
        ),
        (|claims, _| claims["nonce"] = json!("x"), FailureKind::Malformed, "another sign-in", ""),
        (|claims, _| claims["aud"] = json!("x"), FailureKind::Malformed, "another application", ""),
        (|claims, _| claims["iat"] = json!(NOW + 600), FailureKind::Misconfigured, "clock", "timedatectl"),
        (|_, answer| answer["id_token"] = json!(null), FailureKind::Malformed, "who signed in", ""),
        (
            |_, answer| *answer = json!({"error": "invalid_grant", "error_description": "Bad Request"}),
            FailureKind::SignInNeeded,
            "took too long",
            "dirsync reauth corp",
        ),
    ];
    for (change, kind, message, hint) in cases {
        let ended = run(Case { change, ..Case::default() }).await;
        let failure = ended.result.unwrap_err();
        assert_eq!(failure.kind, kind, "{failure}");
        assert!(failure.message.contains(message), "{failure}");
        assert!(failure.hint.clone().unwrap_or_default().contains(hint), "{failure:?}");
        assert!(!format!("{failure:?}").contains("admin@corp.example"));
        let page = ended.browser.await.unwrap();
        assert!(page.contains("was not connected") && page.contains("Nothing was stored"), "{page}");
    }
}

#[tokio::test]
async fn a_sign_in_declined_in_the_browser_exchanges_nothing() {
    let ended = run(Case { redirect: "error=access_denied", ..Case::default() }).await;
    let failure = ended.result.unwrap_err();
    assert_eq!((failure.kind, failure.reason.as_deref()), (FailureKind::SignInNeeded, Some("access_denied")));
    assert!(ended.exchanged.is_empty());
    assert!(ended.browser.await.unwrap().contains("declined"));
}
