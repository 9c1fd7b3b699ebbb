//! The local directory in SQLite. The only room that knows SQL: opening and migrating, one module per family of
//! tables, typed rows in and out.

mod apply;
mod changes;
mod columns;
mod deletion;
mod error;
mod groups;
mod held;
mod integrations;
mod members;
mod open;
mod overview;
mod plan;
mod plan_rows;
mod query;
mod record;
mod resource_condition;
mod retention;
mod runs;
mod secrets;
mod settings;
mod stage;
mod staged_members;
mod staging;
mod streams;
mod told;
mod users;

pub use apply::Applied;
pub use changes::ChangeFilter;
pub use deletion::{Deletion, Retained};
pub use error::StoreError;
pub use groups::{GroupExtras, GroupFilter};
pub use held::Approval;
pub use integrations::{NewIntegration, Seal, SignedIn};
pub use open::{Store, make_private_folder};
pub use overview::Overview;
pub use plan::{Facts, PlanSummary};
pub use query::{Query, SqlValue};
pub use record::FailedRun;
pub use resource_condition::{Comparison, ResourceCondition};
pub use secrets::SealedSecret;
pub use stage::{Stage, Tally};
pub use streams::KnownStream;
pub use users::{UserExtras, UserFilter, UserMatch};
