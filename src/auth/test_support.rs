//! A pretend sign-in service on loopback and the plain client that reaches it, for this room's tests.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse;
use serde_json::Value;
use tokio::net::TcpListener;
use url::Url;

use super::{Endpoints, Post};
use crate::model::{Failure, FailureKind};

/// Answers in the order given; the last one again and again.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) url: Url,
    seen: Arc<Mutex<Vec<HashMap<String, String>>>>,
    paths: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<VecDeque<(u16, String)>>>,
}

impl Service {
    pub(super) async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/token", socket.local_addr().unwrap())).unwrap();
        let service = Self { url, seen: Arc::default(), paths: Arc::default(), answers: Arc::default() };
        let router = Router::new().fallback(answer).with_state(service.clone());
        tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
        service
    }

    pub(super) fn answers(&self, status: u16, body: &Value) {
        self.answers_text(status, &body.to_string());
    }

    pub(super) fn answers_text(&self, status: u16, body: &str) {
        self.answers.lock().unwrap().push_back((status, body.to_owned()));
    }

    /// The forms received so far.
    pub(super) fn seen(&self) -> Vec<HashMap<String, String>> {
        self.seen.lock().unwrap().clone()
    }

    /// Where they came to.
    pub(super) fn paths(&self) -> Vec<String> {
        self.paths.lock().unwrap().clone()
    }

    /// What is below which everything is.
    pub(super) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    pub(super) fn endpoints(&self) -> Endpoints {
        let authorize = Url::parse("https://accounts.google.com/o/oauth2/v2/auth").unwrap();
        Endpoints { authorize, token: self.url.clone(), revoke: Some(self.url.join("/revoke").unwrap()) }
    }
}

async fn answer(State(service): State<Service>, uri: Uri, body: String) -> impl IntoResponse {
    let form = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    service.seen.lock().unwrap().push(form);
    service.paths.lock().unwrap().push(uri.path().to_owned());
    // Slow enough for callers to pile up.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let mut answers = service.answers.lock().unwrap();
    let (status, body) = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }.unwrap();
    let kind = if body.starts_with('{') { "application/json; charset=utf-8" } else { "text/html" };
    (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, kind)], body)
}

/// What the http room's client will do, without its patience.
#[expect(clippy::disallowed_methods, reason = "the http room's client is not this room's to test")]
pub(super) fn post() -> Post {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    Arc::new(move |request| {
        let client = client.clone();
        Box::pin(async move {
            let away = |_| Failure::new(FailureKind::Temporary, "cannot reach the sign-in service");
            let answer = client.execute(request.try_into().map_err(away)?).await.map_err(away)?;
            let mut response = http::Response::builder().status(answer.status());
            *response.headers_mut().unwrap() = answer.headers().clone();
            Ok(response.body(answer.bytes().await.map_err(away)?.to_vec()).unwrap())
        })
    })
}
