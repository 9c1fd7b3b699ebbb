//! Answers that break off, never come, or come from somewhere else.

use std::net::TcpListener;

use dirsync::model::FailureKind;
use url::Url;

use super::room::{RETRY, SILENCE, api, get, parse};
use super::script::{Script, reply};

/// A place where nobody must come.
fn elsewhere() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = Url::parse(&format!("http://{}/next", listener.local_addr().unwrap())).unwrap();
    (listener, address)
}

fn was_visited(listener: &TcpListener) -> bool {
    listener.accept().is_ok()
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let long = "ok".repeat(50_000);
    for broken in [reply(200, &long).half_packed(), reply(200, &long).breaks_off(), reply(503, &long).breaks_off()] {
        let script = Script::start([broken.clone(), reply(200, "ok")]).await;
        get(&api(&script.base)).await.unwrap();
        assert_eq!(script.asked(), 2);
        let script = Script::start([broken]).await;
        let failure = get(&api(&script.base)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Temporary);
        assert!(failure.message.starts_with("things: the answer broke off"), "{failure:?}");
        assert!(failure.hint.is_some() && script.asked() > 2, "{failure:?}, asked {} times", script.asked());
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_waited_for_only_so_long() {
    let script = Script::start([reply(200, "ok").hangs(), reply(200, "ok")]).await;
    get(&api(&script.base)).await.unwrap();
    let script = Script::start([reply(200, "ok").hangs()]).await;
    let failure = get(&api(&script.base)).await.unwrap_err();
    assert!(failure.message.starts_with("things: no answer in time"), "{failure:?}");
    assert!(SILENCE * 2 > RETRY.give_up_after);
    assert_eq!((failure.kind, script.asked()), (FailureKind::Temporary, 2));
}

#[tokio::test]
async fn where_nobody_listens_the_message_says_so_without_the_query() {
    let (listener, address) = elsewhere();
    drop(listener);
    let failure = get(&api(&address)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Temporary);
    assert!(failure.message.starts_with("things: cannot connect"), "{failure:?}");
    assert!(!failure.message.contains("a=1") && failure.hint.is_some(), "{failure:?}");
}

#[tokio::test]
async fn no_request_leaves_the_directorys_own_origin() {
    let script = Script::start([reply(200, "ok")]).await;
    let api = api(&script.base);
    let (listener, other_port) = elsewhere();
    let mut other_scheme = script.base.clone();
    other_scheme.set_scheme("https").unwrap();
    let mut other_host = script.base.clone();
    other_host.set_host(Some("localhost")).unwrap();
    for url in [other_port, other_scheme, other_host] {
        let failure = api.get("things", url, parse).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Malformed);
        assert!(failure.message.starts_with("things: ") && failure.hint.is_some(), "{failure:?}");
    }
    assert!(!was_visited(&listener));
    assert_eq!(script.asked(), 0);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let (listener, address) = elsewhere();
        let script = Script::start([reply(status, "").header("location", address.as_str())]).await;
        let failure = get(&api(&script.base)).await.unwrap_err();
        assert!(failure.message.starts_with("things: ") && failure.message.contains("redirect"), "{failure:?}");
        assert!(!was_visited(&listener), "{status}");
        assert_eq!(script.asked(), 1);
    }
}
