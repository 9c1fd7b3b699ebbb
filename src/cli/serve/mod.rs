//! `dirsync serve`: what directories push, what is due of those that are asked, and what time does, until it is stopped.

mod command;
mod endpoint;
mod hangup;
mod notify;
mod reload;
mod scheduler;

pub(super) use command::{ServeArgs, run};
