//! Hits the listener as browsers, bystanders and attackers do.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::*;
use crate::model::{Failure, FailureKind};

const HOSTS: &[IpAddr] = &[IpAddr::V4(Ipv4Addr::LOCALHOST)];

async fn hit(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    let request = format!("{request} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn silent(_: &str) {}

fn wait(state: &SecretString, millis: u64) -> Wait<'_> {
    Wait { state, wanted: Wanted::Code, pasted: None, complain: &silent, deadline: Duration::from_millis(millis) }
}

#[tokio::test]
async fn the_page_comes_only_when_the_sign_in_is_over_and_is_escaped() {
    let listener = Listener::bind(HOSTS, 0).await.unwrap();
    let (port, state) = (listener.port(), SecretString::from("s1"));
    let browser = tokio::spawn(async move { hit(port, "GET /?state=s1&code=4%2Fx").await });
    let (redirected, pending) = listener.wait(wait(&state, 5000)).await.unwrap();
    assert!(matches!(redirected, Redirected::Code(code) if code.expose_secret() == "4/x"));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!browser.is_finished(), "answered before the sign-in was complete");
    assert!(hit(port, "GET /?state=s1&code=4%2Fx").await.starts_with("HTTP/1.1 204"));
    assert!(hit(port, "GET /favicon.ico").await.starts_with("HTTP/1.1 204"));
    pending.finish(Ok("<b>admin</b>@corp.example")).await;
    let page = browser.await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("&lt;b&gt;admin&lt;/b&gt;@corp.example"), "{page}");
    assert!(page.contains("dirsync is connected") && page.contains("close this window"), "{page}");
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err(), "still listening");
}

#[tokio::test]
async fn a_failed_sign_in_says_so_in_the_browser_too() {
    let listener = Listener::bind(HOSTS, 0).await.unwrap();
    let (port, state) = (listener.port(), SecretString::from("s1"));
    let browser = tokio::spawn(async move { hit(port, "GET /?state=s1&error=access_denied").await });
    let (redirected, pending) = listener.wait(wait(&state, 5000)).await.unwrap();
    assert!(matches!(redirected, Redirected::Refused(refusal) if refusal.error == "access_denied"));
    let failure = Failure::new(FailureKind::SignInNeeded, "the sign-in was declined").hint("sign in <again>");
    pending.finish(Err(&failure)).await;
    let page = browser.await.unwrap();
    assert!(page.contains("was not connected") && page.contains("<p>The sign-in was declined."), "{page}");
    assert!(page.contains("Sign in &lt;again&gt;"), "{page}");
}

#[tokio::test]
async fn foreign_hits_are_answered_and_never_end_the_wait() {
    let listener = Listener::bind(HOSTS, 0).await.unwrap();
    let (port, state) = (listener.port(), SecretString::from("right"));
    let others = tokio::spawn(async move {
        let mut answers = Vec::new();
        for request in [
            "GET /?state=wrong&code=evil",
            "GET /?code=evil",
            "GET /?state=wrong&error=access_denied",
            "GET /?state=right&code=a&code=b",
            "GET /",
            "HEAD /?state=right&code=good",
            "POST /?state=right&code=good",
        ] {
            answers.push(hit(port, request).await);
        }
        let good = tokio::spawn(async move { hit(port, "GET /?state=right&code=good").await });
        (answers, good.await.unwrap())
    });
    let (redirected, pending) = listener.wait(wait(&state, 5000)).await.unwrap();
    assert!(matches!(redirected, Redirected::Code(code) if code.expose_secret() == "good"));
    pending.finish(Ok("a@b.example")).await;
    let (answers, good) = others.await.unwrap();
    for foreign in &answers[..4] {
        assert!(foreign.starts_with("HTTP/1.1 400") && foreign.contains("does not belong"), "{foreign}");
    }
    for stray in &answers[4..] {
        assert!(stray.starts_with("HTTP/1.1 204"), "{stray}");
    }
    assert!(good.contains("a@b.example"));
}

#[tokio::test]
async fn only_foreign_hits_end_at_the_deadline() {
    let listener = Listener::bind(HOSTS, 0).await.unwrap();
    let (port, state) = (listener.port(), SecretString::from("right"));
    let stranger = tokio::spawn(async move { hit(port, "GET /?state=wrong&code=evil").await });
    let failure = listener.wait(wait(&state, 300)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::SignInNeeded);
    assert!(stranger.await.unwrap().starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn a_bad_paste_may_be_tried_again_and_the_end_of_pasting_is_no_end() {
    let listener = Listener::bind(HOSTS, 0).await.unwrap();
    let state = SecretString::from("right");
    let (lines, mut pasted) = mpsc::channel(4);
    lines.send("what?".into()).await.unwrap();
    lines.send("http://127.0.0.1:1/?code=old&state=old".into()).await.unwrap();
    lines.send("http://127.0.0.1:1/?code=good&state=right".into()).await.unwrap();
    let complaints = Mutex::new(Vec::new());
    let complain = |wrong: &str| complaints.lock().unwrap().push(wrong.to_owned());
    let (redirected, pending) =
        listener.wait(Wait { pasted: Some(&mut pasted), complain: &complain, ..wait(&state, 5000) }).await.unwrap();
    assert!(matches!(redirected, Redirected::Code(code) if code.expose_secret() == "good"));
    pending.finish(Ok("a@b.example")).await;
    let complaints = complaints.into_inner().unwrap();
    assert_eq!(complaints.len(), 2);
    assert!(complaints[0].contains("whole address") && complaints[1].contains("does not belong"));

    let listener = Listener::bind(HOSTS, 0).await.unwrap();
    let (port, (lines, mut pasted)) = (listener.port(), mpsc::channel::<String>(1));
    drop(lines);
    let browser = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        hit(port, "GET /?state=right&code=good").await
    });
    let ends = Wait { pasted: Some(&mut pasted), ..wait(&state, 5000) };
    let (_, pending) = listener.wait(ends).await.unwrap();
    drop(pending);
    assert!(browser.await.unwrap().contains("stopped before"), "an abandoned sign-in still answers");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn other_addresses_get_the_same_port_and_missing_ones_are_left_out() {
    let hosts = [[127, 0, 0, 1], [127, 0, 0, 2], [192, 0, 2, 1]].map(|host| IpAddr::V4(Ipv4Addr::from(host)));
    let listener = Listener::bind(&hosts, 0).await.unwrap();
    let (port, state) = (listener.port(), SecretString::from("s1"));
    let (redirected, _) = tokio::join!(listener.wait(wait(&state, 5000)), async {
        let mut stream = TcpStream::connect((Ipv4Addr::new(127, 0, 0, 2), port)).await.unwrap();
        stream.write_all(b"GET /?state=s1&code=x HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        stream
    });
    redirected.unwrap().1.finish(Ok("a@b.example")).await;
}

#[tokio::test]
async fn a_taken_port_names_the_way_out() {
    let first = Listener::bind(HOSTS, 0).await.unwrap();
    let failure = Listener::bind(HOSTS, first.port()).await.unwrap_err();
    assert!(failure.message.contains(&format!("port {} is in use", first.port())), "{failure}");
    assert!(failure.hint.unwrap().contains("--port"));
}
