//! What every pulling provider must do, whoever its vendor is: one suite, run against each vendor's pretend directory.
//! The next provider joins with a [`Pretend`] of its own and one line in [`PRETENDERS`].

mod days;
pub(crate) mod entra;
mod first_sync;
pub(crate) mod google;
mod home;
mod manners;
mod mixed_fortunes;
pub(crate) mod picture;
mod pretend;
pub(crate) mod struck;
mod troubles;
mod vanishing;

use pretend::Vendor;

/// Every vendor's pretend directory.
const PRETENDERS: &[Vendor] = &[google::pretend, entra::followed, entra::listed];
