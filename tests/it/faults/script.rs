//! A pretend directory of a few lines that answers as it is told to, one answer after the other.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::StreamExt as _;
use futures_util::stream;
use url::Url;

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    breaks_off: bool,
    hangs: bool,
    flows_on: Option<Duration>,
}

pub(super) fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status,
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
        breaks_off: false,
        hangs: false,
        flows_on: None,
    }
}

impl Reply {
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The connection breaks after the headers and the body given.
    pub(super) fn breaks_off(self) -> Self {
        Self { breaks_off: true, ..self }
    }

    /// Nothing ever comes.
    pub(super) fn hangs(self) -> Self {
        Self { hangs: true, ..self }
    }

    /// The body comes again and again, with this pause between, and never ends.
    pub(super) fn flows_on(self, pause: Duration) -> Self {
        Self { flows_on: Some(pause), ..self }
    }

    /// Packed, whole.
    pub(super) fn packed(mut self) -> Self {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&self.body).unwrap();
        self.body = packed.finish().unwrap();
        self.header("content-encoding", "gzip")
    }

    /// Packed, and the second half of it missing.
    pub(super) fn half_packed(self) -> Self {
        let mut reply = self.packed();
        reply.body.truncate(reply.body.len() / 2);
        reply
    }
}

#[derive(Default)]
struct Talk {
    replies: VecDeque<Reply>,
    seen: Vec<(String, String)>,
}

/// A listener with its script. The last answer is given again and again.
pub(super) struct Script {
    pub(super) base: Url,
    talk: Arc<Mutex<Talk>>,
}

impl Script {
    pub(super) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let talk = Arc::new(Mutex::new(Talk { replies: replies.into_iter().collect(), seen: Vec::new() }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&talk));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, talk }
    }

    /// Queries received so far.
    pub(super) fn queries(&self) -> Vec<String> {
        self.talk.lock().unwrap().seen.iter().map(|(query, _)| query.clone()).collect()
    }

    /// Bearer tokens received so far.
    pub(super) fn tokens(&self) -> Vec<String> {
        self.talk.lock().unwrap().seen.iter().map(|(_, token)| token.clone()).collect()
    }

    pub(super) fn asked(&self) -> usize {
        self.talk.lock().unwrap().seen.len()
    }
}

async fn answer(State(talk): State<Arc<Mutex<Talk>>>, request: Request) -> Response<Body> {
    let token = request.headers().get("authorization").map_or("", |value| value.to_str().unwrap());
    let token = token.trim_start_matches("Bearer ").to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let reply = {
        let mut talk = talk.lock().unwrap();
        talk.seen.push((query, token));
        let next = if talk.replies.len() > 1 { talk.replies.pop_front() } else { talk.replies.front().cloned() };
        next.unwrap()
    };
    if reply.hangs {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    if let Some(pause) = reply.flows_on {
        let drops = stream::unfold(Bytes::from(reply.body), move |drop| async move {
            tokio::time::sleep(pause).await;
            Some((io::Result::Ok(drop.clone()), drop))
        });
        return response.body(Body::from_stream(drops)).unwrap();
    }
    if !reply.breaks_off {
        return response.body(Body::from(reply.body)).unwrap();
    }
    // The first part has to be on its way before the connection goes.
    let cut = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    };
    let first = stream::once(std::future::ready(Ok(Bytes::from(reply.body))));
    let parts = first.chain(stream::once(cut));
    response.body(Body::from_stream(parts)).unwrap()
}
