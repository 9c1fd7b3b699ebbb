//! Opening the database: file modes, pragmas, and migrations, each in one transaction.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::StoreError;

/// The migrations, oldest first; the database's `user_version` is how many it has had. Append only.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_directory.sql"),
    include_str!("migrations/0002_streams.sql"),
    include_str!("migrations/0003_scim.sql"),
    include_str!("migrations/0004_devices.sql"),
    include_str!("migrations/0005_life.sql"),
    include_str!("migrations/0006_rules.sql"),
    include_str!("migrations/0007_links.sql"),
    include_str!("migrations/0008_unattended.sql"),
    include_str!("migrations/0009_history.sql"),
    include_str!("migrations/0010_scope.sql"),
];

/// "dsyn", so that `file` and we can tell our databases from strangers'.
const APPLICATION_ID: i64 = 0x6473_796e;

/// How long a statement waits for another process's short write transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// An open database.
#[derive(Debug)]
pub struct Store {
    pub(super) db: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens the database for reading and writing, making it (mode 0600) and its folder (0700) if needed, and brings
    /// its schema up to date.
    ///
    /// # Errors
    /// It is newer than this program, damaged, locked, or the disk refuses.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let refused = |error: std::io::Error| StoreError::Open { path: path.to_owned(), reason: error.to_string() };
        if let Some(folder) = path.parent() {
            make_private_folder(folder).map_err(refused)?;
        }
        make_private_file(path).map_err(refused)?;
        let mut store = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        store.turn_to_wal()?;
        store.db.pragma_update(None, "synchronous", "NORMAL")?;
        store.migrate()?;
        Ok(store)
    }

    /// Opens the database for reading only; `None` if there is none yet.
    ///
    /// # Errors
    /// It is newer than this program or damaged.
    pub fn open_read_only(path: &Path) -> Result<Option<Self>, StoreError> {
        if !path.exists() {
            return Ok(None);
        }
        let open = |file: &Path, flags| {
            let store = Self { path: path.to_owned(), ..Self::connect(file, flags)? };
            store.db.pragma_update(None, "query_only", true)?;
            Ok((store.version()?, store))
        };
        let (found, store) = match open(path, OpenFlags::SQLITE_OPEN_READ_WRITE) {
            // WAL needs its -shm file even for reading. Where that cannot be made, nobody is writing (a read-only disk,
            // somebody else's folder), and the file can be read as it stands, unless a -wal holds the latest of it.
            Err(StoreError::ReadOnly(_)) if !has_unfinished_log(path) => match as_it_stands(path) {
                Some(file) => open(&file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)?,
                None => open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
            },
            other => other?,
        };
        match found {
            0 => store.refuse_stranger().map(|()| None),
            found if found < MIGRATIONS.len() as i64 => {
                // What reads knows the present tables only. An older database is brought up to date by whoever comes first.
                drop(store);
                Self::open(path)?;
                Self::open_read_only(path)
            }
            found => store.refuse_newer(found).map(|()| Some(store)),
        }
    }

    /// From now on everything that is read through this store is of one moment, that of the first reading, whatever others
    /// write meanwhile. They do not wait for it; what they write stays in the log until this store is dropped.
    ///
    /// # Errors
    /// The database refuses.
    pub fn hold_still(&self) -> Result<(), StoreError> {
        Ok(self.db.execute_batch("BEGIN")?)
    }

    /// An empty directory that exists nowhere: what readers see before there is a database.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn nothing_yet() -> Result<Self, StoreError> {
        let mut store = Self { db: Connection::open_in_memory()?, path: PathBuf::new() };
        store.migrate()?;
        Ok(store)
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self, StoreError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)
            .map_err(|error| StoreError::Open { path: path.to_owned(), reason: error.to_string() })?;
        db.busy_timeout(BUSY_TIMEOUT)?;
        db.set_prepared_statement_cache_capacity(64);
        db.pragma_update(None, "foreign_keys", true)?;
        Ok(Self { db, path: path.to_owned() })
    }

    /// SQLite does not wait for those who do the same at the same moment, so that the waiting is done here.
    fn turn_to_wal(&self) -> Result<(), StoreError> {
        const PAUSE: Duration = Duration::from_millis(20);
        let mut waited = Duration::ZERO;
        loop {
            match self.db.pragma_update(None, "journal_mode", "WAL").map_err(StoreError::from) {
                Err(StoreError::Locked) if waited < BUSY_TIMEOUT => std::thread::sleep(PAUSE),
                other => return other,
            }
            waited += PAUSE;
        }
    }

    fn version(&self) -> Result<i64, StoreError> {
        Ok(self.db.pragma_query_value(None, "user_version", |row| row.get(0))?)
    }

    fn refuse_newer(&self, found: i64) -> Result<(), StoreError> {
        let known = MIGRATIONS.len() as i64;
        if found > known { Err(StoreError::Newer { found, known }) } else { Ok(()) }
    }

    /// The tables first: whoever makes ours in the meantime names them in the same transaction.
    fn refuse_stranger(&self) -> Result<(), StoreError> {
        let tables: i64 = self.db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let application: i64 = self.db.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let stranger = tables > 0 && application != APPLICATION_ID;
        if stranger { Err(StoreError::Corrupt("it holds another program's tables".into())) } else { Ok(()) }
    }

    fn migrate(&mut self) -> Result<(), StoreError> {
        let known = MIGRATIONS.len() as i64;
        let found = self.version()?;
        self.refuse_newer(found)?;
        if found == known {
            return Ok(());
        }
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have migrated while this one waited for the lock.
        let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let stranger: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let application: i64 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if stranger > 0 && application != APPLICATION_ID {
            return Err(StoreError::Corrupt("it holds another program's tables".into()));
        }
        for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
            transaction.execute_batch(migration)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", known)?;
        Ok(transaction.commit()?)
    }
}

/// SQLite's name for a file that does not change while it is read.
fn as_it_stands(path: &Path) -> Option<PathBuf> {
    let mut url = url::Url::from_file_path(std::path::absolute(path).ok()?).ok()?;
    url.set_query(Some("immutable=1"));
    Some(String::from(url).into())
}

fn has_unfinished_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

/// Makes a folder (and those above it) that is its owner's alone, whatever the umask.
///
/// # Errors
/// The system refuses.
pub fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

pub(super) fn make_private_file(path: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        // A database that is read-only for us can still be read; SQLite says the rest.
        Err(error) if error.kind() != std::io::ErrorKind::PermissionDenied || !path.exists() => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_database_is_private_and_current_and_opens_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("deep/dirsync.db");
        Store::open(&path).unwrap();
        let again = Store::open(&path).unwrap();
        assert_eq!(again.version().unwrap(), MIGRATIONS.len() as i64);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn who_holds_still_sees_one_moment_and_keeps_nobody_from_writing() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(&home.path().join("dirsync.db")).unwrap();
        let begin = || Store::open_read_only(store.path()).unwrap().unwrap();
        let (still, passing) = (begin(), begin());
        still.hold_still().unwrap();
        store.set_setting("a", "before").unwrap();
        let seen = |reader: &Store| reader.setting("a").unwrap();
        assert_eq!((seen(&still).as_deref(), seen(&passing).as_deref()), (Some("before"), Some("before")));
        store.set_setting("a", "after").unwrap();
        assert_eq!((seen(&still).as_deref(), seen(&passing).as_deref()), (Some("before"), Some("after")));
    }

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("dirsync.db");
        Store::open(&path).unwrap().db.pragma_update(None, "user_version", 999).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Newer { found: 999, .. })));
        assert!(matches!(Store::open_read_only(&path), Err(StoreError::Newer { found: 999, .. })));
    }

    #[test]
    fn rubbish_and_strangers_are_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("dirsync.db");
        fs::write(&path, "not a database, but long enough to be looked at as one".repeat(100)).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Corrupt(_))));
        let path = home.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE notes (t)").unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Corrupt(_))));
        assert!(matches!(Store::open_read_only(&path), Err(StoreError::Corrupt(_))));
        fs::write(home.path().join("empty.db"), "").unwrap();
        assert!(Store::open_read_only(&home.path().join("empty.db")).unwrap().is_none());
    }

    /// A table that is made anew takes its indexes with it, and nothing but time would tell.
    #[test]
    fn no_migration_loses_an_index() {
        let db = Connection::open_in_memory().unwrap();
        let mut before: Vec<String> = Vec::new();
        // Its successor is `devices_key`.
        let given_up = ["devices_serial"];
        for (version, migration) in (1..).zip(MIGRATIONS) {
            db.execute_batch(migration).unwrap();
            let mut indexes =
                db.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL").unwrap();
            let after: Vec<String> = indexes.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            let lost: Vec<&String> =
                before.iter().filter(|name| !after.contains(name) && !given_up.contains(&name.as_str())).collect();
            assert!(lost.is_empty(), "migration {version} loses {lost:?}");
            before = after;
        }
    }
}
