//! What dirsync remembers about itself: small words by name.

use rusqlite::OptionalExtension;

use super::{Store, StoreError};

impl Store {
    /// The remembered value of `key`.
    ///
    /// # Errors
    /// The database refuses.
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT value FROM settings WHERE key = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    /// Remembers `value` under `key`.
    ///
    /// # Errors
    /// The database refuses.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.db.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?1, ?2)", [key, value])?;
        Ok(())
    }

    /// Forgets what is remembered under `key`.
    ///
    /// # Errors
    /// The database refuses.
    pub fn forget_setting(&self, key: &str) -> Result<(), StoreError> {
        self.db.execute("DELETE FROM settings WHERE key = ?1", [key])?;
        Ok(())
    }
}
