//! The sandbox against a real HTTP client: sign-in, device codes, apps, lists, delta queries, faults, controls.

mod apps;
mod days;
mod delta;
mod device;
mod faults;
mod follower;
mod graph;
mod sign_in;
mod visitor;

use super::{Options, Sandbox};
use crate::clock::Clock;

/// A sandbox standing at a fixed moment, and its clock.
async fn sandbox() -> (Sandbox, Clock) {
    let clock = Clock::manual("2026-07-01T12:00:00Z".parse().unwrap());
    (Sandbox::start(Options::small(clock.clone())).await.unwrap(), clock)
}
