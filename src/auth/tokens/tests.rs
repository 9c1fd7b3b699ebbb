//! Refreshes against a pretend sign-in service: how often, with which token, in which order, and what it says when dead.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::auth::Client;
use crate::auth::secrets::{KeyStoreChoice, Keyring, Surroundings, Vault, kind};
use crate::auth::test_support::{Service, post};
use crate::clock::Clock;
use crate::http::TokenSource;
use crate::model::{Failure, FailureKind, IntegrationId};
use crate::store::Store;

pub(super) struct Home {
    pub(super) folder: TempDir,
    pub(super) store: Arc<Mutex<Store>>,
    vault: Arc<Vault>,
    integration: IntegrationId,
    clock: Clock,
    pub(super) service: Service,
}

impl Home {
    pub(super) async fn with(refresh_token: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dirsync.db")).unwrap();
        let integration = store.add_integration_for_tests("corp");
        let surroundings = Surroundings { credentials_directory: None, keyring: Keyring::system() };
        let file = Some(KeyStoreChoice::File(None));
        let vault = Vault::open_or_create(&store, &surroundings, file, false, SystemRandom::new()).unwrap();
        let clock = Clock::manual(Timestamp::from_second(1_790_000_000).unwrap());
        let home = Self {
            folder,
            store: Arc::new(Mutex::new(store)),
            vault: Arc::new(vault),
            integration,
            clock,
            service: Service::start().await,
        };
        home.store_token(refresh_token);
        home
    }

    pub(super) fn store_token(&self, token: &str) {
        let store = self.store.lock().unwrap();
        self.vault.seal(&store, self.integration, kind::REFRESH_TOKEN, &token.into(), self.clock.now()).unwrap();
    }

    pub(super) fn stored(&self) -> String {
        self.secret(kind::REFRESH_TOKEN).unwrap()
    }

    pub(super) fn secret(&self, kind: &str) -> Option<String> {
        let store = self.store.lock().unwrap();
        let token = self.vault.open(&store, self.integration, kind).unwrap();
        token.map(|token| token.expose_secret().to_owned())
    }

    fn lock(&self) -> PathBuf {
        self.folder.path().join("locks/refresh-1.lock")
    }

    pub(super) fn source(&self) -> Arc<Tokens<Arc<Refreshing>>> {
        self.source_of(Arc::clone(&self.store))
    }

    /// As another process has it: with a connection of its own.
    pub(super) fn source_elsewhere(&self) -> Arc<Tokens<Arc<Refreshing>>> {
        let store = Store::open(self.store.lock().unwrap().path()).unwrap();
        self.source_of(Arc::new(Mutex::new(store)))
    }

    fn source_of(&self, store: Arc<Mutex<Store>>) -> Arc<Tokens<Arc<Refreshing>>> {
        let rules = Rules {
            client: Client { id: "me".into(), secret: Some("client-secret".into()) },
            token_endpoint: self.service.url.clone(),
            scopes: vec!["people".into(), "offline_access".into()],
            explain: Arc::new(|refusal| {
                Failure::new(FailureKind::SignInNeeded, "dead").reason(refusal.error.clone()).status(refusal.status)
            }),
            again: "dirsync reauth corp".into(),
            lock: self.lock(),
            patience: Duration::from_millis(300),
        };
        let kept = KeptToken::new(Arc::clone(&self.vault), store, self.integration, self.clock.clone());
        Arc::new(Tokens::new(Arc::new(Refreshing::new(rules, kept, post())), self.clock.clone()))
    }

    pub(super) fn gives(&self, access: &str) {
        self.service.answers(200, &json!({"access_token": access, "token_type": "Bearer", "expires_in": 3600}));
    }

    pub(super) fn rotates(&self, access: &str, refresh: &str) {
        let life =
            json!({"access_token": access, "token_type": "Bearer", "expires_in": 3600, "refresh_token": refresh});
        self.service.answers(200, &life);
    }

    pub(super) fn refuses(&self, error: &str) {
        self.service.answers(400, &json!({"error": error, "error_description": "Token has been expired or revoked."}));
    }
}

#[tokio::test]
async fn a_token_is_kept_until_its_last_minute_and_asked_for_once_by_all() {
    let home = Home::with("1//r").await;
    home.gives("a1");
    home.gives("a2");
    let source = home.source();
    let all = join_all((0..8).map(|_| source.bearer())).await;
    assert!(all.iter().all(|bearer| bearer.as_ref().unwrap().expose() == "a1"));
    let seen = home.service.seen();
    assert_eq!(seen.len(), 1);
    let asked: Vec<_> =
        ["grant_type", "refresh_token", "client_id", "client_secret"].map(|name| &*seen[0][name]).into();
    assert_eq!(asked, ["refresh_token", "1//r", "me", "client-secret"]);

    home.clock.advance(SignedDuration::from_secs(3600 - 61));
    assert_eq!(source.bearer().await.unwrap().expose(), "a1");
    home.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(source.bearer().await.unwrap().expose(), "a2");
    assert_eq!(home.stored(), "1//r", "kept, since no other came");
}

#[tokio::test]
async fn a_token_that_lives_for_seconds_only_is_used_for_most_of_them() {
    let home = Home::with("1//r").await;
    for access in ["a1", "a2"] {
        home.service.answers(200, &json!({"access_token": access, "token_type": "Bearer", "expires_in": 5}));
    }
    let source = home.source();
    source.bearer().await.unwrap();
    home.clock.advance(SignedDuration::from_secs(4));
    assert_eq!(source.bearer().await.unwrap().expose(), "a1");
    home.clock.advance(SignedDuration::from_millis(600));
    assert_eq!(source.bearer().await.unwrap().expose(), "a2");
}

#[tokio::test]
async fn many_refusals_of_one_token_renew_it_once() {
    let home = Home::with("1//r").await;
    home.gives("a1");
    home.gives("a2");
    let source = home.source();
    let refused = source.bearer().await.unwrap();
    let all = join_all((0..8).map(|_| source.renew(&refused, None))).await;
    assert!(all.iter().all(|bearer| bearer.as_ref().unwrap().expose() == "a2"));
    assert_eq!(home.service.seen().len(), 2);
}

#[tokio::test]
async fn a_rotated_refresh_token_is_stored_before_its_access_token_is_out() {
    let home = Home::with("1//old").await;
    home.service.answers(
        200,
        &json!({"access_token": "a1", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "1//new"}),
    );
    assert_eq!(home.source().bearer().await.unwrap().expose(), "a1");
    assert_eq!(home.stored(), "1//new");
}

#[tokio::test]
async fn a_rotated_refresh_token_is_stored_even_if_nobody_waits_any_more() {
    let home = Home::with("1//old").await;
    home.service.answers(
        200,
        &json!({"access_token": "a1", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "1//new"}),
    );
    let source = home.source();
    let impatient = tokio::time::timeout(Duration::from_millis(5), source.bearer()).await;
    assert!(impatient.is_err(), "the service takes longer");
    for _ in 0..200 {
        if home.stored() == "1//new" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the rotated token is lost");
}

#[tokio::test]
async fn a_dead_refresh_token_is_asked_once_until_another_is_stored() {
    let home = Home::with("1//dead").await;
    home.refuses("invalid_grant");
    home.gives("a1");
    let source = home.source();
    let all = join_all((0..8).map(|_| source.bearer())).await;
    for failure in all {
        let failure = failure.unwrap_err();
        assert_eq!((failure.kind, failure.reason.as_deref()), (FailureKind::SignInNeeded, Some("invalid_grant")));
        assert_eq!(failure.status, Some(400));
    }
    assert_eq!(home.service.seen().len(), 1);
    home.store_token("1//fresh");
    assert_eq!(source.bearer().await.unwrap().expose(), "a1", "a reauth elsewhere is noticed");
}

#[tokio::test]
async fn a_token_replaced_meanwhile_gets_its_chance() {
    let home = Home::with("1//old").await;
    home.refuses("invalid_grant");
    home.gives("a1");
    let source = home.source();
    let asking = tokio::spawn(async move { source.bearer().await });
    while home.service.seen().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    home.store_token("1//new");
    assert_eq!(asking.await.unwrap().unwrap().expose(), "a1");
    assert_eq!(home.service.seen()[1]["refresh_token"], "1//new");
}

#[tokio::test]
async fn another_process_at_it_is_waited_for_but_not_for_ever() {
    let home = Home::with("1//r").await;
    home.gives("a1");
    let other = lock::RefreshLock::take(&home.lock(), Duration::ZERO).await.unwrap();
    let failure = home.source().bearer().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Temporary);
    assert!(home.service.seen().is_empty());
    drop(other);
    assert_eq!(home.source().bearer().await.unwrap().expose(), "a1");
}

#[tokio::test]
async fn the_services_own_troubles_and_rubbish_are_no_verdict_on_the_token() {
    let home = Home::with("1//r").await;
    home.service.answers_text(503, "<html>sorry</html>");
    home.service.answers_text(200, "<html>log in to the hotel</html>");
    home.service.answers_text(302, "");
    home.service.answers(200, &json!({"access_token": 7, "id_token": "do-not-tell"}));
    home.gives("a1");
    let source = home.source();
    for (kind, status) in [
        (FailureKind::Temporary, 503),
        (FailureKind::Malformed, 200),
        (FailureKind::Malformed, 302),
        (FailureKind::Malformed, 200),
    ] {
        let failure = source.bearer().await.unwrap_err();
        assert_eq!((failure.kind, failure.status), (kind, Some(status)), "{failure}");
        assert!(!format!("{failure:?}").contains("do-not-tell"));
    }
    assert_eq!(source.bearer().await.unwrap().expose(), "a1");
}

#[tokio::test]
async fn no_stored_sign_in_is_said_and_a_fixed_token_does_not_renew() {
    let home = Home::with("1//r").await;
    home.store.lock().unwrap().forget_secrets_for_tests(home.integration);
    let failure = home.source().bearer().await.unwrap_err();
    assert_eq!((failure.kind, failure.hint.as_deref()), (FailureKind::SignInNeeded, Some("dirsync reauth corp")));

    let fixed = FixedToken::new(SecretString::from("once"), "dirsync reauth corp");
    let bearer = fixed.bearer().await.unwrap();
    assert_eq!(bearer.expose(), "once");
    let refused = fixed.renew(&bearer, None).await.unwrap_err();
    assert_eq!((refused.kind, refused.status), (FailureKind::SignInNeeded, Some(401)));
    assert!(refused.hint.unwrap().contains("dirsync reauth corp"));
    let shown = format!("{fixed:?}{:?}", home.source());
    assert!(!shown.contains("once") && !shown.contains("client-secret"), "{shown}");
}
