//! `dirsync schedule`: what each platform's timer is told (text, pure), and putting it there or taking it away.

mod choice;
mod command;
mod cron;
mod every;
mod install;
mod job;
mod launchd;
mod setup;
mod systemd;
mod windows;

pub(super) use command::{ScheduleArgs, installed, run};
