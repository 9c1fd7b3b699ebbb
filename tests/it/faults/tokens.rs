//! Tokens that are refused: another one once, whoever notices, and then a new sign-in.

use std::sync::Arc;

use dirsync::auth::Post;
use dirsync::auth::google::{Delegated, read_key_file};
use dirsync::clock::Clock;
use dirsync::http::Api;
use dirsync::model::{Failure, FailureKind};
use dirsync::sandbox::{Options, Sandbox};

use super::room::{Numbered, RETRY, api_with, client, get};
use super::script::{Script, reply};

#[tokio::test]
async fn a_token_refused_once_is_replaced() {
    let script = Script::start([reply(401, ""), reply(200, "ok")]).await;
    get(&api_with(&script.base, Numbered::up_to(9), Clock::system())).await.unwrap();
    assert_eq!(script.tokens(), ["token-0", "token-1"]);
}

#[tokio::test]
async fn a_second_token_refused_ends_it() {
    let script = Script::start([reply(401, "")]).await;
    let failure = get(&api_with(&script.base, Numbered::up_to(9), Clock::system())).await.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::SignInNeeded, "things: not signed in"));
    assert_eq!(script.tokens(), ["token-0", "token-1"]);
}

#[tokio::test]
async fn a_fault_in_between_does_not_give_a_third_token() {
    let script = Script::start([reply(401, ""), reply(503, ""), reply(401, "")]).await;
    get(&api_with(&script.base, Numbered::up_to(9), Clock::system())).await.unwrap_err();
    assert_eq!(script.tokens(), ["token-0", "token-1", "token-1"]);
}

#[tokio::test]
async fn a_sign_in_that_is_dead_says_so_itself() {
    let script = Script::start([reply(401, "")]).await;
    let failure = get(&api_with(&script.base, Numbered::up_to(0), Clock::system())).await.unwrap_err();
    assert_eq!(failure.message, "the sign-in was revoked");
    assert_eq!(script.tokens(), ["token-0"]);
}

#[tokio::test]
async fn claims_that_are_asked_for_reach_whoever_makes_the_next_token() {
    let challenge = r#"Bearer realm="", error="insufficient_claims", claims="eyJ4IjoxfQ==""#;
    let script = Script::start([reply(401, "").header("www-authenticate", challenge), reply(200, "ok")]).await;
    let tokens = Numbered::up_to(9);
    get(&api_with(&script.base, tokens.clone(), Clock::system())).await.unwrap();
    assert_eq!(*tokens.claims.lock().unwrap(), [Some(r#"{"x":1}"#.to_owned())]);

    let script = Script::start([reply(401, "").header("www-authenticate", challenge)]).await;
    let failure = get(&api_with(&script.base, Numbered::up_to(9), Clock::system())).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::SignInNeeded, "asked for again: only somebody at a browser can help");
}

/// How often the sandbox was asked for a token.
fn minted(sandbox: &Sandbox) -> u64 {
    let by_path = &sandbox.requests()["by_path"];
    by_path
        .as_object()
        .unwrap()
        .iter()
        .filter(|(path, _)| path.contains("token"))
        .map(|(_, n)| n.as_u64().unwrap())
        .sum()
}

async fn many(api: &Api) -> Vec<Result<(), Failure>> {
    let query = [("customer", "my_customer"), ("maxResults", "1")];
    let ask = || api.get("users", api.url("admin/directory/v1/users", &query), |_| Ok(()));
    futures_util::future::join_all((0..24).map(|_| ask())).await
}

#[tokio::test]
async fn many_requests_whose_token_dies_at_once_get_one_new_token() {
    let clock = Clock::system();
    let sandbox = Sandbox::start(Options::small(clock.clone())).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.json");
    std::fs::write(&file, sandbox.service_account_json().unwrap()).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let base = sandbox.base_url().parse().unwrap();
    let (http, post_clock) = (client(), clock.clone());
    let post: Post = Arc::new(move |request| {
        let (http, clock) = (http.clone(), post_clock.clone());
        Box::pin(async move { http.oauth(request, RETRY, &clock).await })
    });
    let delegated = Delegated {
        key: read_key_file(&file).unwrap(),
        admin: sandbox.admin_email(),
        token_endpoint: format!("{base}token").parse().unwrap(),
        again: "dirsync reauth corp".into(),
    };
    let api = api_with(&base, delegated.source(post, clock.clone()), clock);
    assert!(many(&api).await.iter().all(Result::is_ok));
    assert_eq!(minted(&sandbox), 1);
    sandbox.expire_tokens();
    assert!(many(&api).await.iter().all(Result::is_ok));
    assert_eq!(minted(&sandbox), 2);
    sandbox.shutdown().await;
}
