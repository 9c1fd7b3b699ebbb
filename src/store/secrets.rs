//! Sealed secrets: opaque bytes here; the auth room seals and opens them.

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Store, StoreError};
use crate::model::IntegrationId;

/// A sealed secret and the id of the master key that opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecret {
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
    /// Which master key.
    pub key_id: String,
}

/// A sealed secret with what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSecret {
    /// Whose.
    pub integration: IntegrationId,
    /// Which.
    pub kind: String,
    /// It.
    pub secret: SealedSecret,
    /// When it was stored, as RFC 3339.
    pub updated_at: String,
}

impl Store {
    /// The sealed secret of one kind.
    ///
    /// # Errors
    /// The database refuses.
    pub fn secret(&self, integration: IntegrationId, kind: &str) -> Result<Option<SealedSecret>, StoreError> {
        let mut statement =
            self.db.prepare_cached("SELECT sealed, key_id FROM secrets WHERE integration_id = ?1 AND kind = ?2")?;
        Ok(statement
            .query_row(params![integration.0, kind], |row| {
                Ok(SealedSecret { sealed: row.get(0)?, key_id: row.get(1)? })
            })
            .optional()?)
    }

    /// From here on this connection's commits are on the disk when they return: a secret that was given once, and is
    /// lost with the power, cannot be asked for again.
    ///
    /// # Errors
    /// The database refuses.
    pub fn make_durable(&self) -> Result<(), StoreError> {
        Ok(self.db.pragma_update(None, "synchronous", "FULL")?)
    }

    /// Stores a sealed secret in place of an earlier one of its kind. `at` is RFC 3339.
    ///
    /// # Errors
    /// The database refuses.
    pub fn put_secret(
        &self,
        integration: IntegrationId,
        kind: &str,
        secret: &SealedSecret,
        at: &str,
    ) -> Result<(), StoreError> {
        self.make_durable()?;
        put(&self.db, integration, kind, secret, at)
    }

    /// Stores a secret in place of `found`, of the same kind, and another beside it, in one transaction. `false`, and
    /// nothing is written, if what is stored is no longer `found`.
    ///
    /// # Errors
    /// The database refuses.
    pub fn rotate_secret(
        &self,
        integration: IntegrationId,
        found: &SealedSecret,
        now: (&str, &SealedSecret),
        before: (&str, &SealedSecret),
        at: &str,
    ) -> Result<bool, StoreError> {
        self.make_durable()?;
        let transaction = Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate)?;
        if self.secret(integration, now.0)?.as_ref() != Some(found) {
            return Ok(false);
        }
        for (kind, secret) in [now, before] {
            put(&transaction, integration, kind, secret, at)?;
        }
        transaction.commit()?;
        Ok(true)
    }

    /// Every sealed secret.
    ///
    /// # Errors
    /// The database refuses.
    pub fn all_secrets(&self) -> Result<Vec<StoredSecret>, StoreError> {
        let mut statement = self.db.prepare(
            "SELECT integration_id, kind, sealed, key_id, updated_at FROM secrets ORDER BY integration_id, kind",
        )?;
        let secrets = statement.query_map([], |row| {
            Ok(StoredSecret {
                integration: IntegrationId(row.get(0)?),
                kind: row.get(1)?,
                secret: SealedSecret { sealed: row.get(2)?, key_id: row.get(3)? },
                updated_at: row.get(4)?,
            })
        })?;
        Ok(secrets.collect::<Result<_, _>>()?)
    }

    /// Stores these secrets and settings in place of what there is of them, in one transaction that is on the disk when
    /// this returns. When a secret was given stays as it was.
    ///
    /// # Errors
    /// The database refuses; then nothing has changed.
    pub fn replace_secrets(&mut self, secrets: &[StoredSecret], settings: &[(&str, &str)]) -> Result<(), StoreError> {
        self.make_durable()?;
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (key, value) in settings {
            transaction.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?1, ?2)", [key, value])?;
        }
        for it in secrets {
            put(&transaction, it.integration, &it.kind, &it.secret, &it.updated_at)?;
        }
        Ok(transaction.commit()?)
    }

    /// Drops every secret: whoever has integrations that need one has to sign in again.
    ///
    /// # Errors
    /// The database refuses; then nothing has changed.
    pub fn drop_secrets(&mut self, reason: &str) -> Result<usize, StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "UPDATE integrations SET standing = 'sign_in_needed', standing_reason = ?1
             WHERE deleted_at IS NULL AND id IN (SELECT integration_id FROM secrets)",
            [reason],
        )?;
        let dropped = transaction.execute("DELETE FROM secrets", [])?;
        transaction.execute("DELETE FROM settings WHERE key IN ('key_id', 'next_key', 'carried_key')", [])?;
        transaction.commit()?;
        Ok(dropped)
    }

    /// Whether any secret at all is stored (then a missing master key is a fault, not a first use).
    ///
    /// # Errors
    /// The database refuses.
    pub fn has_secrets(&self) -> Result<bool, StoreError> {
        Ok(self.db.query_row("SELECT EXISTS (SELECT 1 FROM secrets)", [], |row| row.get(0))?)
    }
}

/// A secret that was sealed under a key which is not the one any more would never open again.
pub(super) fn put(
    db: &rusqlite::Connection,
    integration: IntegrationId,
    kind: &str,
    secret: &SealedSecret,
    at: &str,
) -> Result<(), StoreError> {
    let stored = db.execute(
        "INSERT OR REPLACE INTO secrets (integration_id, kind, sealed, key_id, updated_at)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE coalesce((SELECT value FROM settings WHERE key = 'key_id'), ?4) = ?4",
        params![integration.0, kind, secret.sealed, secret.key_id, at],
    )?;
    if stored == 0 { Err(StoreError::KeyReplaced) } else { Ok(()) }
}

#[cfg(test)]
impl Store {
    /// As if nobody had signed in.
    pub(crate) fn forget_secrets_for_tests(&self, integration: IntegrationId) {
        self.db.execute("DELETE FROM secrets WHERE integration_id = ?1", [integration.0]).unwrap();
    }

    /// An integration of which nothing matters but that secrets can belong to it.
    pub(crate) fn add_integration_for_tests(&self, name: &str) -> IntegrationId {
        let insert = "INSERT INTO integrations (name, name_key, kind, tenant, standing, credentials, interval_seconds, created_at)
                      VALUES (?1, ?1, 'google', ?1, 'connected', '{}', 14400, '2026-11-24T08:00:00Z')";
        self.db.execute(insert, [name]).unwrap();
        IntegrationId(self.db.last_insert_rowid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_replaced_only_where_it_still_lies_and_is_on_the_disk_then() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(&home.path().join("dirsync.db")).unwrap();
        let id = store.add_integration_for_tests("corp");
        let sealed = |byte: u8| SealedSecret { sealed: vec![byte; 40], key_id: "k".into() };
        let at = "2026-11-24T08:00:00Z";
        store.put_secret(id, "token", &sealed(1), at).unwrap();
        let full: i64 = store.db.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(full, 2);
        let rotate = |found: u8, now: u8| {
            store.rotate_secret(id, &sealed(found), ("token", &sealed(now)), ("before", &sealed(found)), at).unwrap()
        };
        assert!(!rotate(9, 2));
        assert_eq!((store.secret(id, "token").unwrap(), store.secret(id, "before").unwrap()), (Some(sealed(1)), None));
        assert!(rotate(1, 2));
        assert_eq!(store.secret(id, "token").unwrap(), Some(sealed(2)));
        assert_eq!(store.secret(id, "before").unwrap(), Some(sealed(1)));
    }
}
