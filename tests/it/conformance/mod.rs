//! What every pulling provider must do, whoever its vendor is: one suite, run against each vendor's pretend directory.
//! The next provider joins with a [`Pretend`] of its own and one line in [`PRETENDERS`].

mod days;
mod first_sync;
mod google;
mod home;
mod manners;
mod mixed_fortunes;
mod picture;
mod pretend;
mod struck;
mod troubles;
mod vanishing;

use pretend::Vendor;

/// Every vendor's pretend directory.
const PRETENDERS: &[Vendor] = &[google::pretend];
