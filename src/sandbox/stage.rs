//! What every request passes through, whoever's service is played: the latency, the faults before an answer and those
//! upon it, the log, the end of the performance.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use super::answer::{Answer, Cut};
use super::faults::{Claims, Edit, Effect, Fault, Faults};
use super::log::Log;
use super::params::Params;
use crate::clock::Clock;

/// What a request is for, as faults see it.
pub(super) struct Call {
    /// What is asked for, in one word: `users`, `members`, `token` …
    pub(super) area: &'static str,
    /// Whether the area belongs to the directory's API.
    pub(super) is_api: bool,
    /// The user or group in question, by each name it has.
    pub(super) keys: Vec<String>,
    pub(super) params: Params,
    /// What leads to this very page: its token, or its whole address.
    pub(super) here: String,
    pub(super) now: Timestamp,
}

/// What the faults on one request do to its answer.
#[derive(Default)]
pub(super) struct Upon {
    edits: Vec<Edit>,
    pub(super) claims: Vec<Claims>,
    cut: Option<Cut>,
}

impl Upon {
    /// Lets the edits change an answer that went well.
    pub(super) fn edit(&self, answer: &mut Answer) {
        if !self.edits.is_empty() && answer.status == 200 && answer.is_json() {
            let mut value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            self.edits.iter().for_each(|edit| edit(&mut value));
            answer.body = value.to_string().into_bytes();
        }
    }

    /// Sends an answer out as the faults leave it.
    pub(super) fn send(&self, answer: Answer, gzipped: bool) -> Response<Body> {
        answer.pack(gzipped, self.cut)
    }
}

/// What the pretend services share.
pub(super) struct Stage {
    pub(super) base_url: String,
    pub(super) clock: Clock,
    pub(super) latency: Duration,
    pub(super) access_token_life: Duration,
    pub(super) log: Log,
    faults: Mutex<Faults>,
    stop: watch::Sender<bool>,
}

impl Stage {
    pub(super) fn new(base_url: String, clock: Clock, latency: Duration, access_token_life: Duration) -> Self {
        Self {
            base_url,
            clock,
            latency,
            access_token_life,
            log: Log::default(),
            faults: Mutex::default(),
            stop: watch::Sender::new(false),
        }
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets all requests end.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns when the sandbox is told to stop.
    pub(super) async fn stopped(&self) {
        // An error means that the sender is gone, which is a stop as well.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Lets the faults on a request act before it is answered; `means` is what a fault does to it. An `Err` is the
    /// answer itself.
    pub(super) async fn before(
        &self,
        call: &Call,
        means: impl Fn(&Fault, &Call) -> Option<Effect>,
    ) -> Result<Upon, Answer> {
        self.pause(self.latency).await;
        let mut upon = Upon::default();
        let effects = self.faults().take(call, means);
        for effect in effects {
            match effect {
                Effect::Answer(answer) => return Err(answer),
                Effect::Wait(time) => self.pause(time).await,
                Effect::Hang => {
                    self.stopped().await;
                    return Err(Answer::text(503, "the sandbox is closing"));
                }
                Effect::Edit(edit) => upon.edits.push(edit),
                Effect::Claims(claims) => upon.claims.push(claims),
                Effect::Cut(cut) => upon.cut = Some(cut),
            }
        }
        Ok(upon)
    }

    /// Waits, but not longer than the sandbox lives.
    async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(time) => {}
                () = self.stopped() => {}
            }
        }
    }
}
