//! Answers that never end, or are larger than any directory's.

use std::time::Duration;

use dirsync::clock::Clock;
use dirsync::model::FailureKind;

use super::room::{RETRY, SILENCE, get, narrow_api};
use super::script::{Script, reply};

const MEBIBYTE: usize = 1 << 20;
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_answer_larger_than_any_directorys_is_not_read_to_its_end() {
    let huge = "a".repeat(3 * MEBIBYTE);
    let endless = reply(200, &"a".repeat(MEBIBYTE / 4)).flows_on(Duration::ZERO);
    for flood in [reply(200, &huge), reply(200, &huge).packed(), reply(503, &huge), endless] {
        let script = Script::start([flood]).await;
        let failure = get(&narrow_api(&script.base, 2 * MEBIBYTE, LONG)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Malformed);
        assert_eq!(failure.message, "things: the answer is larger than 2 MiB, which no answer of a directory is");
        assert!(failure.hint.unwrap().contains("try again later"));
        // Once is enough: such an answer is no accident, and three of them are three times the traffic.
        assert_eq!(script.asked(), 1);
    }
}

#[tokio::test]
async fn an_answer_as_large_as_allowed_is_read() {
    let script = Script::start([reply(200, "ok").packed()]).await;
    get(&narrow_api(&script.base, 2, LONG)).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_drips_for_ever_is_cut_and_asked_for_again() {
    let pause = Duration::from_millis(20);
    assert!(pause * 10 < SILENCE, "it is never silent for long");
    let drips = reply(200, "o").flows_on(pause);
    let script = Script::start([drips.clone(), reply(200, "ok")]).await;
    get(&narrow_api(&script.base, MEBIBYTE, RETRY.give_up_after / 2)).await.unwrap();
    assert_eq!(script.asked(), 2);

    let script = Script::start([drips]).await;
    let began = Clock::system().instant();
    let failure = get(&narrow_api(&script.base, MEBIBYTE, RETRY.give_up_after / 2)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Temporary);
    assert!(failure.message.starts_with("things: no answer in time"), "{failure:?}");
    assert!(failure.hint.is_some() && began.elapsed() < RETRY.give_up_after * 5, "{:?}", began.elapsed());
}
