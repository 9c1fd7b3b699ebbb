//! The local directory in SQLite. The only room that knows SQL: opening and migrating, one module per family of
//! tables, typed rows in and out.

mod changes;
mod columns;
mod error;
mod groups;
mod members;
mod open;
mod overview;
mod query;
mod runs;
mod secrets;
mod settings;
mod users;

pub use changes::ChangeFilter;
pub use error::StoreError;
pub use groups::GroupFilter;
pub use open::Store;
pub use overview::Overview;
pub use query::{Query, SqlValue};
pub use secrets::SealedSecret;
pub use users::{UserFilter, UserMatch};
