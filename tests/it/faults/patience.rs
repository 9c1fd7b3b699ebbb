//! When another attempt is made, after how long, and when no more.

use std::time::{Duration, Instant};

use dirsync::clock::Clock;
use dirsync::http::OUT_OF_PATIENCE;
use dirsync::model::FailureKind;

use super::room::{Numbered, RETRY, TOLD, api, api_with, get};
use super::script::{Reply, Script, reply};

/// Longer than any pause of our own.
const WAIT: Duration = Duration::from_millis(200);

fn busy() -> Reply {
    reply(429, "slow down")
}

fn now() -> Instant {
    Clock::system().instant()
}

#[tokio::test]
async fn a_wait_in_seconds_is_waited() {
    for answer in [busy(), reply(503, "")] {
        let script = Script::start([answer.header("retry-after", "0.2"), reply(200, "ok")]).await;
        let began = now();
        get(&api(&script.base)).await.unwrap();
        assert!(began.elapsed() >= WAIT, "{:?}", began.elapsed());
        assert_eq!(script.asked(), 2);
    }
}

#[tokio::test]
async fn a_wait_until_a_moment_is_waited() {
    let clock = Clock::manual("2026-11-24T08:00:00.800Z".parse().unwrap());
    let until = busy().header("retry-after", "Tue, 24 Nov 2026 08:00:01 GMT");
    let script = Script::start([until, reply(200, "ok")]).await;
    let began = now();
    get(&api_with(&script.base, Numbered::up_to(0), clock)).await.unwrap();
    assert!(began.elapsed() >= WAIT, "{:?}", began.elapsed());
}

#[tokio::test]
async fn waiting_as_told_is_not_failing() {
    let told = || busy().header("retry-after", "0.2");
    assert!(WAIT * 3 > RETRY.give_up_after && WAIT * 3 < TOLD);
    let script = Script::start([told(), told(), told(), reply(200, "ok")]).await;
    get(&api(&script.base)).await.unwrap();
    assert_eq!(script.asked(), 4);
}

#[tokio::test]
async fn waiting_as_told_comes_to_an_end() {
    let script = Script::start([busy().header("retry-after", "0.2")]).await;
    let failure = get(&api(&script.base)).await.unwrap_err();
    assert_eq!((failure.kind, failure.reason.as_deref()), (FailureKind::Temporary, Some(OUT_OF_PATIENCE)));
    assert!(failure.message.starts_with("things: ") && failure.hint.is_some(), "{failure:?}");
    assert_eq!(script.asked(), 4);
}

#[tokio::test]
async fn everybody_waits_when_one_is_told_to() {
    let script = Script::start([busy().header("retry-after", "0.2"), reply(200, "ok")]).await;
    let api = api(&script.base);
    let began = now();
    let other = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(script.asked(), 1);
        get(&api).await.unwrap();
        began.elapsed()
    };
    let (one, other) = tokio::join!(get(&api), other);
    one.unwrap();
    assert!(other >= WAIT, "the other asked after {other:?}");
}

#[tokio::test]
async fn at_once_nonsense_and_nothing_leave_the_wait_to_us_and_to_our_deadline() {
    for wait in [Some("0"), Some("-5"), Some("soon"), Some("Tue, 24 Nov 1998 08:00:00 GMT"), None] {
        let answer = wait.map_or(busy(), |wait| busy().header("retry-after", wait));
        let script = Script::start([answer]).await;
        let began = now();
        let failure = get(&api(&script.base)).await.unwrap_err();
        assert_eq!(failure.message, "things: too many requests", "{wait:?}");
        // The shortest pauses that fit in three times the deadline are 5, 10, 20 and then 40 ms long.
        assert!((3..=34).contains(&script.asked()), "{wait:?}: asked {} times", script.asked());
        assert!(began.elapsed() < RETRY.give_up_after * 9, "{wait:?}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_fault_that_stays_is_given_up_at_the_deadline() {
    let script = Script::start([reply(503, "<html>")]).await;
    let failure = get(&api(&script.base)).await.unwrap_err();
    assert_eq!((failure.message.as_str(), failure.status), ("things: a fault of its own", Some(503)));
    assert!((3..=16).contains(&script.asked()), "asked {} times", script.asked());
}

#[tokio::test]
async fn a_fault_that_passes_is_forgotten() {
    let script = Script::start([reply(503, ""), reply(502, ""), reply(200, "ok")]).await;
    get(&api(&script.base)).await.unwrap();
    assert_eq!(script.asked(), 3);
}

#[tokio::test]
async fn a_doubtful_answer_is_asked_for_twice_more() {
    for (answer, message) in [(reply(200, "<html>"), "things: not ok"), (reply(409, ""), "things: doubtful")] {
        let script = Script::start([answer.clone(), answer.clone(), reply(200, "ok")]).await;
        get(&api(&script.base)).await.unwrap();
        let script = Script::start([answer]).await;
        let failure = get(&api(&script.base)).await.unwrap_err();
        assert_eq!((failure.message.as_str(), script.asked()), (message, 3));
    }
}

#[tokio::test]
async fn a_refusal_is_not_argued_with() {
    let script = Script::start([reply(403, "")]).await;
    let failure = get(&api(&script.base)).await.unwrap_err();
    assert_eq!((failure.message.as_str(), script.asked()), ("things: refused", 1));
}

#[tokio::test]
async fn throttling_without_a_word_on_when_to_come_back_is_not_failing_and_ends_all_the_same() {
    // Longer than a request may fail, in pauses of 40 to 80 ms.
    let busy_for_a_while = (0..12).map(|_| busy()).chain([reply(200, "ok")]);
    let script = Script::start(busy_for_a_while).await;
    get(&api(&script.base)).await.unwrap();
    assert_eq!(script.asked(), 13);

    let script = Script::start([busy()]).await;
    let failure = get(&api(&script.base)).await.unwrap_err();
    assert_eq!((failure.kind, failure.status), (FailureKind::Temporary, Some(429)));
}
