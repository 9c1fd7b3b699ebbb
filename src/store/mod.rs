//! The local directory in SQLite. The only room that knows SQL: opening and migrating, one module per family of
//! tables, typed rows in and out.

mod apply;
mod deletion;
mod error;
mod held;
mod integrations;
mod open;
mod plan;
mod record;
mod rows;
mod secrets;
mod settings;
mod staged_members;
mod staging;

pub use apply::Applied;
pub use deletion::{Deletion, Retained};
pub use error::StoreError;
pub use held::Approval;
pub use integrations::{NewIntegration, Seal, SignedIn};
pub use open::Store;
pub use plan::{Facts, PlanSummary};
pub use secrets::SealedSecret;
pub use staging::{Stage, Tally};
