//! The sync engine: fetch → stage → plan → guard → apply → record. The network part is async, everything else plain
//! synchronous code at its border.

mod awake;
pub mod due;
mod error;
pub mod guard;
mod lock;
mod run;
mod streams;
pub mod trouble;
pub mod verdict;

pub use error::SyncError;
pub use lock::{Busy, IntegrationLock, ServerLock};
pub use run::{Report, Request, Stopped, Watch, run, run_until};
