//! Copies of the whole database: out of one that is in use, and into the place of another.

use std::fs;
use std::path::{Path, PathBuf};

use super::open::make_private_file;
use super::{Store, StoreError};

impl Store {
    /// Writes a copy of the database as it is at this moment to `target`, which must not exist: a file of its own (mode
    /// 0600), without what was deleted. Whoever reads or writes meanwhile is not disturbed.
    ///
    /// # Errors
    /// The file is there or cannot be written, or the database refuses.
    pub fn back_up(&self, target: &Path) -> Result<(), StoreError> {
        let refused = |reason: String| StoreError::Open { path: target.to_owned(), reason };
        if target.exists() {
            return Err(refused("it exists already".into()));
        }
        // SQLite fills an empty file; made here, it is private from its first byte.
        make_private_file(target).map_err(|error| refused(error.to_string()))?;
        let text = target.to_str().ok_or_else(|| refused("its name is not in UTF-8".into()))?;
        // A reader may write nothing, not even another file.
        let reads: bool = self.db.pragma_query_value(None, "query_only", |row| row.get(0))?;
        self.db.pragma_update(None, "query_only", false)?;
        let written = self.db.execute("VACUUM main INTO ?1", [text]).map_err(StoreError::from);
        self.db.pragma_update(None, "query_only", reads)?;
        let on_disk = written.and_then(|_| {
            fs::File::open(target).and_then(|file| file.sync_all()).map_err(|error| refused(error.to_string()))
        });
        if on_disk.is_err() {
            let _ = fs::remove_file(target);
        }
        on_disk
    }

    /// Whether the file is sound from its first page to its last and every row has what it points to.
    ///
    /// # Errors
    /// It is not.
    pub fn check_whole(&self) -> Result<(), StoreError> {
        let verdict: String = self.db.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
        if verdict != "ok" {
            return Err(StoreError::Corrupt(verdict));
        }
        let dangling: i64 = self.db.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
        if dangling > 0 { Err(StoreError::Corrupt(format!("{dangling} rows point to nothing"))) } else { Ok(()) }
    }

    /// Whether nothing was ever put in, so that nothing can be lost.
    ///
    /// # Errors
    /// The database refuses.
    pub fn is_unused(&self) -> Result<bool, StoreError> {
        let any = "SELECT EXISTS (SELECT 1 FROM integrations) OR EXISTS (SELECT 1 FROM devices)";
        Ok(!self.db.query_row(any, [], |row| row.get::<_, bool>(0))?)
    }

    /// Gives up the files beside the database, so that it is one file that can be renamed.
    ///
    /// # Errors
    /// Another program has it open.
    pub fn close_as_one_file(self) -> Result<PathBuf, StoreError> {
        let mode: String =
            self.db.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0)).map_err(StoreError::from)?;
        if mode != "delete" {
            return Err(StoreError::Locked);
        }
        let path = self.path().to_owned();
        drop(self);
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_private_whole_and_taken_while_somebody_writes() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(&home.path().join("dirsync.db")).unwrap();
        store.set_setting("a", "before").unwrap();
        let writer = Store::open(store.path()).unwrap();
        writer.db.execute_batch("BEGIN IMMEDIATE; INSERT INTO settings VALUES ('b', 'unfinished')").unwrap();
        let target = home.path().join("copy.db");
        let reader = Store::open_read_only(store.path()).unwrap().unwrap();
        reader.back_up(&target).unwrap();
        writer.db.execute_batch("COMMIT").unwrap();
        let copy = Store::open(&target).unwrap();
        copy.check_whole().unwrap();
        assert_eq!((copy.setting("a").unwrap().as_deref(), copy.setting("b").unwrap()), (Some("before"), None));
        assert!(matches!(reader.back_up(&target), Err(StoreError::Open { .. })));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(copy.close_as_one_file().unwrap(), target);
        let names: Vec<_> = fs::read_dir(home.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert!(!names.iter().any(|name| name.to_string_lossy().starts_with("copy.db-")), "{names:?}");
    }
}
