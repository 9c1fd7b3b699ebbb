//! A year of 300 people, of each kind of directory.

#![expect(clippy::print_stdout, reason = "figures for whoever runs it")]

use dirsync::store::Keep;
use jiff::SignedDuration;

use crate::engine::plain::Plain;
use crate::engine::teller::Teller;
use crate::year::simulated::a_year_of;

/// Kept so short that a year shows it.
const KEEP: Keep = Keep { age: SignedDuration::from_hours(60 * 24), runs: 300 };

fn say(line: &str) {
    println!("{line}");
}

#[test]
fn a_directory_that_lists_everything() {
    a_year_of(300, Plain::default(), KEEP, 1, &say);
}

#[test]
#[ignore = "takes a minute"]
fn a_directory_that_tells_its_changes() {
    a_year_of(300, Teller::default(), KEEP, 2, &say);
}
