//! Directories that push: connecting one, the tokens that open it, and what program it seems to be.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::super::adoption::{Adoption, adopt};
use super::super::columns::{moment, moment_if_any, stamp};
use super::super::integrations::{enrol, write_sign_in};
use super::super::{SignedIn, Store, StoreError};
use crate::model::{IntegrationId, IntegrationName, Tenant};

/// A token about to be issued. The token itself is shown once and stored nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// From when on it opens nothing; `None`: never.
    pub expires_at: Option<Timestamp>,
}

/// A directory about to be connected that pushes.
#[derive(Clone, Debug)]
pub struct NewPush {
    /// Its name.
    pub name: IntegrationName,
    /// The provider's word.
    pub kind: &'static str,
    /// What the directory is known by when it is connected again after a deletion.
    pub tenant: Tenant,
    /// Who looks after it.
    pub admin_email: Option<String>,
    /// How lenient it is, as the service reads it; nothing secret.
    pub options: serde_json::Value,
    /// Its first token.
    pub token: NewToken,
}

/// What is known of an issued token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// Its number.
    pub id: i64,
    /// When it was issued.
    pub created_at: Timestamp,
    /// From when on it opens nothing; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// When it last opened something.
    pub last_used_at: Option<Timestamp>,
}

/// A token that opens an integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveToken {
    /// Its number.
    pub id: i64,
    /// What it opens.
    pub integration: IntegrationId,
    /// SHA-256 of it.
    pub hash: [u8; 32],
    /// From when on it opens nothing; `None`: never.
    pub expires_at: Option<Timestamp>,
}

/// How long an ended token stays in the list.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Store {
    /// Adds an integration that is pushed to, with its first token, in one transaction. A deleted one of the same
    /// tenant is revived, so that its people are the same people when they come back. It has no interval: it is never
    /// due.
    ///
    /// # Errors
    /// The name or the tenant is taken by a live integration, or the database refuses.
    pub fn add_push_integration(&mut self, new: &NewPush, now: Timestamp) -> Result<IntegrationId, StoreError> {
        self.add_push_integration_adopting(new, None, now)
    }

    /// As [`Store::add_push_integration`]; in the same transaction the people of a deleted integration are taken over.
    ///
    /// # Errors
    /// As there, or the other one is not deleted.
    pub fn add_push_integration_adopting(
        &mut self,
        new: &NewPush,
        adoption: Option<&Adoption<'_>>,
        now: Timestamp,
    ) -> Result<IntegrationId, StoreError> {
        self.make_durable()?;
        let at = stamp(now);
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let id = enrol(&transaction, &new.name, new.kind, &new.tenant, SignedDuration::ZERO, &at)?;
        let signed_in =
            SignedIn { admin_email: new.admin_email.clone(), admin_subject: None, credentials: new.options.clone() };
        write_sign_in(&transaction, id, &new.tenant, &signed_in, &|_| Ok(Vec::new()), &at)?;
        insert_token(&transaction, id, &new.token, &at)?;
        if let Some(adoption) = adoption {
            adopt(&transaction, adoption, id, true, now)?;
        }
        transaction.commit()?;
        Ok(id)
    }

    /// What the integration of this name was known by that was deleted last.
    ///
    /// # Errors
    /// The database refuses.
    pub fn deleted_push_tenant(&self, kind: &str, name: &IntegrationName) -> Result<Option<String>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT tenant FROM integrations WHERE kind = ?1 AND name_key = ?2 AND deleted_at IS NOT NULL
             ORDER BY deleted_at DESC, id DESC LIMIT 1",
        )?;
        Ok(statement.query_row(params![kind, name.key()], |row| row.get(0)).optional()?)
    }

    /// Issues another token, and returns its number. With `old_end_at` the older ones end then (at once if that is
    /// past), never later than they would anyway. Tokens that ended 30 days ago are forgotten.
    ///
    /// # Errors
    /// The integration has been deleted, or the database refuses.
    pub fn issue_token(
        &mut self,
        id: IntegrationId,
        token: &NewToken,
        old_end_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        self.make_durable()?;
        let at = stamp(now);
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sql = "UPDATE integrations SET signed_in_at = ?2 WHERE id = ?1 AND deleted_at IS NULL";
        if transaction.execute(sql, params![id.0, at])? == 0 {
            return Err(StoreError::Deleted);
        }
        if let Some(end) = old_end_at {
            transaction.execute(
                "UPDATE scim_tokens SET expires_at = ?2
                 WHERE integration_id = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
                params![id.0, stamp(end.max(now))],
            )?;
        }
        if let Ok(forgotten) = now.checked_sub(REMEMBERED) {
            transaction.execute("DELETE FROM scim_tokens WHERE expires_at < ?1", [stamp(forgotten)])?;
        }
        let number = insert_token(&transaction, id, token, &at)?;
        transaction.commit()?;
        Ok(number)
    }

    /// The tokens of an integration, ended ones too, latest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn tokens(&self, id: IntegrationId) -> Result<Vec<TokenRecord>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT id, created_at, expires_at, last_used_at FROM scim_tokens WHERE integration_id = ?1
             ORDER BY id DESC",
        )?;
        let tokens = statement.query_map([id.0], |row| {
            Ok(TokenRecord {
                id: row.get("id")?,
                created_at: moment(row, "created_at")?,
                expires_at: moment_if_any(row, "expires_at")?,
                last_used_at: moment_if_any(row, "last_used_at")?,
            })
        })?;
        Ok(tokens.collect::<Result<_, _>>()?)
    }

    /// All tokens that open something at `now`, of every integration.
    ///
    /// # Errors
    /// The database refuses.
    pub fn live_tokens(&self, now: Timestamp) -> Result<Vec<LiveToken>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT t.id, t.integration_id, t.hash, t.expires_at
             FROM scim_tokens t JOIN integrations i ON i.id = t.integration_id
             WHERE i.deleted_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?1) ORDER BY t.id",
        )?;
        let tokens = statement.query_map([stamp(now)], read_live)?;
        Ok(tokens.collect::<Result<_, _>>()?)
    }

    /// Notes when tokens (by number) were last used.
    ///
    /// # Errors
    /// The database refuses.
    pub fn note_token_use(&mut self, used: &[(i64, Timestamp)]) -> Result<(), StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut update = transaction.prepare_cached(
                "UPDATE scim_tokens SET last_used_at = ?2
                 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)",
            )?;
            for (id, at) in used {
                update.execute(params![id, stamp(*at)])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Notes what the program that pushes calls itself.
    ///
    /// # Errors
    /// The database refuses.
    pub fn note_client(&self, id: IntegrationId, client: &str) -> Result<(), StoreError> {
        let sql = "UPDATE integrations SET client = ?2 WHERE id = ?1 AND deleted_at IS NULL AND client IS NOT ?2";
        self.db.execute(sql, params![id.0, client])?;
        Ok(())
    }

    /// What the program that pushes last called itself; `None` if nothing was ever pushed.
    ///
    /// # Errors
    /// The database refuses.
    pub fn client(&self, id: IntegrationId) -> Result<Option<String>, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT client FROM integrations WHERE id = ?1")?;
        Ok(statement.query_row([id.0], |row| row.get(0)).optional()?.flatten())
    }
}

fn insert_token(transaction: &Transaction<'_>, id: IntegrationId, token: &NewToken, at: &str) -> rusqlite::Result<i64> {
    transaction.execute(
        "INSERT INTO scim_tokens (integration_id, hash, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
        params![id.0, token.hash, at, token.expires_at.map(stamp)],
    )?;
    Ok(transaction.last_insert_rowid())
}

fn read_live(row: &Row<'_>) -> rusqlite::Result<LiveToken> {
    Ok(LiveToken {
        id: row.get("id")?,
        integration: IntegrationId(row.get("integration_id")?),
        hash: row.get("hash")?,
        expires_at: moment_if_any(row, "expires_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn token(byte: u8, expires_at: Option<Timestamp>) -> NewToken {
        NewToken { hash: [byte; 32], expires_at }
    }

    fn push(name: &str, byte: u8) -> NewPush {
        NewPush {
            name: IntegrationName::new(name).unwrap(),
            kind: "scim",
            tenant: Tenant { id: IntegrationName::key_of(name), label: None, domain: None },
            admin_email: Some("admin@corp.example".into()),
            options: serde_json::Value::Null,
            token: token(byte, None),
        }
    }

    fn live(store: &Store, now: Timestamp) -> Vec<u8> {
        store.live_tokens(now).unwrap().iter().map(|token| token.hash[0]).collect()
    }

    #[test]
    fn a_new_token_ends_the_older_ones_when_told_but_never_later_than_they_end_anyway() {
        let (start, day) = (at("2026-11-24T08:00:00Z"), SignedDuration::from_hours(24));
        let mut store = Store::nothing_yet().unwrap();
        let id = store.add_push_integration(&push("okta", 1), start).unwrap();
        let soon = start + SignedDuration::from_hours(1);
        store.issue_token(id, &token(2, Some(soon)), None, start).unwrap();
        assert_eq!(live(&store, start), [1, 2]);
        store.issue_token(id, &token(3, None), Some(start + day), start).unwrap();
        assert_eq!(live(&store, start), [1, 2, 3]);
        assert_eq!(live(&store, soon), [1, 3]);
        assert_eq!(live(&store, start + day), [3]);
        // At once, though told a moment long past: the list does not claim that it ended before.
        store.issue_token(id, &token(4, None), Some(start - day), soon).unwrap();
        assert_eq!(live(&store, soon), [4]);
        let ends: Vec<_> = store.tokens(id).unwrap().iter().map(|token| token.expires_at).collect();
        assert_eq!(ends, [None, Some(soon), Some(soon), Some(soon)]);
        // Forgotten 30 days after.
        store.issue_token(id, &token(5, None), None, soon + REMEMBERED + day).unwrap();
        assert_eq!(store.tokens(id).unwrap().len(), 2);
    }

    #[test]
    fn a_deleted_integration_opens_with_nothing_and_comes_back_as_the_same_under_its_name() {
        let now = at("2026-11-24T08:00:00Z");
        let mut store = Store::nothing_yet().unwrap();
        let id = store.add_push_integration(&push("Okta", 1), now).unwrap();
        assert!(matches!(store.add_push_integration(&push("okta", 2), now), Err(StoreError::NameTaken(_))));
        store.note_client(id, "Okta SCIM Client 1.0.0").unwrap();
        assert_eq!(store.client(id).unwrap().as_deref(), Some("Okta SCIM Client 1.0.0"));
        store.delete_integration(crate::people::LIFE_CYCLE, id, crate::store::Farewell::default(), now).unwrap();
        assert!(store.tokens(id).unwrap().is_empty() && live(&store, now).is_empty());
        assert!(store.client(id).unwrap().is_none());
        assert!(matches!(store.issue_token(id, &token(3, None), None, now), Err(StoreError::Deleted)));
        let tenant = |name: &str| store.deleted_push_tenant("scim", &IntegrationName::new(name).unwrap()).unwrap();
        assert_eq!((tenant("OKTA").as_deref(), tenant("other")), (Some("okta"), None));
        assert_eq!(store.add_push_integration(&push("okta", 1), now).unwrap(), id);
        assert_eq!(live(&store, now), [1]);
        assert_eq!(store.integration("OKTA").unwrap().unwrap().admin_email.as_deref(), Some("admin@corp.example"));
    }

    #[test]
    fn the_last_use_only_grows_and_others_see_that_something_changed() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("dirsync.db");
        let (early, late) = (at("2026-11-24T08:00:00Z"), at("2026-11-24T09:00:00Z"));
        let mut store = Store::open(&path).unwrap();
        let id = store.add_push_integration(&push("okta", 1), early).unwrap();
        let reader = Store::open_read_only(&path).unwrap().unwrap();
        let number = store.tokens(id).unwrap()[0].id;
        store.note_token_use(&[(number, late), (number, early), (99, late)]).unwrap();
        assert_eq!(reader.tokens(id).unwrap()[0].last_used_at, Some(late));
    }
}
