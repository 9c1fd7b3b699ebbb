//! Where nobody watches: what is due, what is told and how often, how it ends, watchdogs, timers, monitors, names and
//! intervals that change.

mod changing;
mod checking;
mod due;
mod exit_codes;
mod four_fortunes;
mod hooks;
mod load;
mod logs;
mod machine;
mod scheduling;
mod serving;
mod supervised;
mod years;
