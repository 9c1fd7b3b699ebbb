//! A simulated year of four-hourly syncs, as in the tests, of a larger directory: how large the database becomes and how long
//! a run takes, month by month.
//!
//! `cargo bench --bench year` has 10,000 people in a directory that lists everything;
//! `cargo bench --bench year -- --tells --people 1000 --keep-days 730 --keep-runs 10000` one that tells its changes, and keeps
//! as much of the history as dirsync does when nobody says otherwise.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on stops, and prints"
)]

#[expect(dead_code, reason = "the engine's tests use more of it")]
#[path = "../../tests/it/engine/home.rs"]
mod home;
#[expect(dead_code, reason = "the engine's tests use more of it")]
#[path = "../../tests/it/engine/plain.rs"]
mod plain;
#[expect(dead_code, reason = "the engine's tests use more of it")]
#[path = "../../tests/it/engine/teller.rs"]
mod teller;
#[path = "../../tests/it/year/mod.rs"]
mod year;

/// Where the tests' modules look for these.
mod engine {
    pub(crate) use crate::{home, plain, teller};
}

use clap::Parser;
use dirsync::store::Keep;
use jiff::SignedDuration;

/// Simulates a year.
#[derive(Parser)]
struct Size {
    #[arg(long, default_value_t = 10_000)]
    people: usize,
    /// A directory that tells its changes
    #[arg(long)]
    tells: bool,
    #[arg(long, default_value_t = 60)]
    keep_days: i64,
    #[arg(long, default_value_t = 300)]
    keep_runs: u32,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let size = Size::parse();
    let keep = Keep { age: SignedDuration::from_hours(size.keep_days * 24), runs: size.keep_runs };
    let say = |line: &str| println!("{line}");
    match size.tells {
        true => year::simulated::a_year_of(size.people, teller::Teller::default(), keep, 2, &say),
        false => year::simulated::a_year_of(size.people, plain::Plain::default(), keep, 1, &say),
    }
}
