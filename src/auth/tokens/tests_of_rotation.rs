//! Refresh tokens that are replaced by use: whatever happens in between, somebody can still sign in.

use std::time::Duration;

use super::tests::Home;
use crate::auth::secrets::kind;
use crate::http::TokenSource;
use crate::model::FailureKind;

#[tokio::test]
async fn two_processes_at_once_both_end_signed_in() {
    let home = Home::with("r0").await;
    home.rotates("a1", "r1");
    home.rotates("a2", "r2");
    let (here, there) = (home.source(), home.source_elsewhere());
    let both = tokio::join!(here.bearer(), there.bearer());
    let mut got = [both.0.unwrap().expose().to_owned(), both.1.unwrap().expose().to_owned()];
    got.sort();
    assert_eq!(got, ["a1", "a2"]);
    let seen = home.service.seen();
    assert_eq!((seen[0]["refresh_token"].as_str(), seen[1]["refresh_token"].as_str()), ("r0", "r1"));
    assert_eq!((home.stored().as_str(), home.secret(kind::PREVIOUS_REFRESH_TOKEN).as_deref()), ("r2", Some("r1")));
}

#[tokio::test]
async fn an_end_between_answer_and_storing_loses_nothing() {
    let home = Home::with("r0").await;
    let other = rusqlite::Connection::open(home.folder.path().join("dirsync.db")).unwrap();
    other
        .execute_batch(
            "CREATE TRIGGER power_cut BEFORE INSERT ON secrets WHEN NEW.kind = 'previous_refresh_token'
             BEGIN SELECT RAISE(ABORT, 'power cut'); END",
        )
        .unwrap();
    home.rotates("a1", "r1");
    home.rotates("a2", "r2");
    assert!(home.source().bearer().await.is_err(), "an access token whose successor is not safe is not handed out");
    assert_eq!(home.stored(), "r0", "both are written, or neither");
    other.execute_batch("DROP TRIGGER power_cut").unwrap();
    // The next process. The service does not end a token by giving another.
    assert_eq!(home.source_elsewhere().bearer().await.unwrap().expose(), "a2");
    assert_eq!(home.service.seen()[1]["refresh_token"], "r0");
    assert_eq!(home.stored(), "r2");
}

#[tokio::test]
async fn the_token_before_is_tried_once_where_its_successor_is_dead() {
    let home = Home::with("r0").await;
    // One after the other; the last one for ever.
    home.rotates("a1", "r1");
    home.refuses("invalid_grant");
    home.rotates("a2", "r2");
    home.refuses("invalid_grant");
    home.gives("a3");
    home.source().bearer().await.unwrap();
    assert_eq!(home.source().bearer().await.unwrap().expose(), "a2");
    let seen = home.service.seen();
    assert_eq!((seen[1]["refresh_token"].as_str(), seen[2]["refresh_token"].as_str()), ("r1", "r0"));
    assert_eq!((home.stored().as_str(), home.secret(kind::PREVIOUS_REFRESH_TOKEN).as_deref()), ("r2", Some("r0")));

    // One that works and is not replaced is the one to go on with.
    assert_eq!(home.source().bearer().await.unwrap().expose(), "a3");
    assert_eq!(home.stored(), "r0");
}

#[tokio::test]
async fn where_both_are_dead_it_is_said_of_the_present_one_and_nobody_asks_again() {
    let home = Home::with("r0").await;
    home.rotates("a1", "r1");
    home.refuses("invalid_grant");
    home.refuses("something_else");
    home.source().bearer().await.unwrap();
    let source = home.source();
    for _ in 0..3 {
        let failure = source.bearer().await.unwrap_err();
        assert_eq!((failure.kind, failure.reason.as_deref()), (FailureKind::SignInNeeded, Some("invalid_grant")));
    }
    assert_eq!(home.service.seen().len(), 3);
    assert_eq!(home.stored(), "r1");
    // A policy refuses the person, not the token: another one would not help.
    let home = Home::with("r0").await;
    home.rotates("a1", "r1");
    home.refuses("interaction_required");
    home.source().bearer().await.unwrap();
    home.source().bearer().await.unwrap_err();
    assert_eq!(home.service.seen().len(), 2);
}

#[tokio::test]
async fn a_new_sign_in_stored_meanwhile_stays() {
    let home = Home::with("r0").await;
    home.rotates("a1", "r1");
    let source = home.source();
    let asking = tokio::spawn(async move { source.bearer().await });
    while home.service.seen().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    home.store_token("of the new sign-in");
    assert_eq!(asking.await.unwrap().unwrap().expose(), "a1");
    assert_eq!((home.stored().as_str(), home.secret(kind::PREVIOUS_REFRESH_TOKEN)), ("of the new sign-in", None));
}
