//! A year of a directory that is synced every four hours, on a fake clock: people come, change, go and come back; the
//! directory fails, is away, ends the sign-in; runs are killed.

mod befalls;
pub(crate) mod dice;
mod ledger;
mod life;
pub(crate) mod simulated;
mod sizes;
pub(crate) mod town;
