//! Where nobody watches: what is due, what is told and how often, watchdogs, names and intervals that change.

mod changing;
mod due;
