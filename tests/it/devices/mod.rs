//! Devices, by the real binary: commands, lists in and out, histories, those who are waited for.

mod commands;
mod histories;
mod importing;
mod lists;
mod waiting;
