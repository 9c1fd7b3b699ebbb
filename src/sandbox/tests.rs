//! The sandbox against a real HTTP client: sign-in, listings, errors, faults, controls.

mod api;
mod faults;
mod sign_in;
mod visitor;

use std::time::Duration;

use super::{Options, Sandbox};
use crate::clock::Clock;

/// A sandbox standing at a fixed moment, and its clock.
async fn sandbox() -> (Sandbox, Clock) {
    let clock = Clock::manual("2026-07-01T12:00:00Z".parse().unwrap());
    (Sandbox::start(Options::small(clock.clone())).await.unwrap(), clock)
}

#[tokio::test]
#[ignore = "serves for an hour, for trying other clients by hand"]
async fn serve() {
    let options =
        Options { port: Some(8099), users: 1_200, groups: 230, memberships: 9_000, ..Options::small(Clock::system()) };
    let sandbox = Sandbox::start(options).await.unwrap();
    println!("{}", sandbox.base_url());
    tokio::time::sleep(Duration::from_secs(3600)).await;
    sandbox.shutdown().await;
}
