//! The local directory in SQLite. The only room that knows SQL: opening and migrating, one module per family of
//! tables, typed rows in and out.

mod error;
mod open;
mod secrets;
mod settings;

pub use error::StoreError;
pub use open::Store;
pub use secrets::SealedSecret;
