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

#[tokio::test]
#[ignore = "generates the largest company and reads a part of it; minutes without optimisation"]
async fn the_largest_company() {
    let clock = Clock::system();
    let started = clock.instant();
    let options = Options { users: 1_000_000, groups: 100_000, memberships: 10_000_000, ..Options::small(clock) };
    let sandbox = Sandbox::start(options).await.unwrap();
    println!("generated in {:?}", started.elapsed());
    let visitor = visitor::Visitor::new(&sandbox);
    let token = visitor.sign_in(visitor::ADMIN).await;
    let token = token["access_token"].as_str().unwrap();
    let mut next = String::new();
    let started = Clock::system().instant();
    for _ in 0..50 {
        let path = format!("users?customer=my_customer&maxResults=500&prettyPrint=false&pageToken={next}");
        let (_, page) = visitor.read(token, &path).await;
        assert_eq!(page["users"].as_array().unwrap().len(), 500);
        next = page["nextPageToken"].as_str().unwrap().to_owned();
    }
    println!("fifty pages of users in {:?}", started.elapsed());
    let started = Clock::system().instant();
    sandbox.play_day();
    println!("a day in {:?}", started.elapsed());
}
