//! Where nobody watches: what is due, what is told and how often, watchdogs, timers, monitors, names and intervals that
//! change.

mod changing;
mod checking;
mod due;
mod hooks;
mod logs;
mod scheduling;
mod serving;
mod supervised;
