//! `dirsync doctor`: tests everything a sync needs, in order: [`command`] tells it, [`local`] looks at this machine,
//! [`directory`] at one integration, [`finding`] is what each test says.

mod command;
mod directory;
mod finding;
mod local;

pub(super) use command::{DoctorArgs, run};
