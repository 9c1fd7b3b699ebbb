//! Embedded pretend directories on loopback, for `dirsync demo`, the tests and the benchmarks: a Google Workspace
//! ([`google`]), a Microsoft Entra tenant ([`entra`]), and what every vendor's has (answers, faults, controls). They know
//! nothing of the rest of dirsync: they behave as the vendor does, or as it should.

mod answer;
mod controls;
pub mod entra;
mod faults;
pub mod google;
mod key;
mod log;
mod names;
mod params;
mod random;
mod serving;
mod stage;
mod summary;

pub use faults::{Fault, Rule};
pub use google::{Options, Sandbox};
pub use summary::DaySummary;
