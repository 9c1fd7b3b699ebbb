//! A database with one directory that pushes, and short words for what is done to it.

use jiff::{SignedDuration, Timestamp};

use crate::model::{AccountStatus, DirectoryGroup, DirectoryUser, IntegrationId, IntegrationName, MemberKind, Tenant};
use crate::store::scim::{NewGroup, NewUser, ScimWriter};
use crate::store::{NewPush, NewToken, Store, StoreError};

pub(super) struct World {
    pub(super) store: Store,
    pub(super) integration: IntegrationId,
    pub(super) now: Timestamp,
}

pub(super) fn world() -> World {
    let mut store = Store::nothing_yet().unwrap();
    let now = "2026-11-24T08:00:00.5Z".parse().unwrap();
    let integration = store.add_push_integration(&push("okta", 1), now).unwrap();
    World { store, integration, now }
}

pub(super) fn push(name: &str, token: u8) -> NewPush {
    NewPush {
        name: IntegrationName::new(name).unwrap(),
        kind: "scim",
        tenant: Tenant { id: name.into(), label: None, domain: None },
        admin_email: None,
        options: serde_json::Value::Null,
        token: NewToken { hash: [token; 32], expires_at: None },
    }
}

/// Somebody whose sign-in name, address and id of the client's are all made of `name`.
pub(super) fn person(id: &str, name: &str) -> NewUser {
    NewUser {
        person: DirectoryUser {
            external_id: id.into(),
            status: Some(AccountStatus::Active),
            email: Some(format!("{name}@corp.example")),
            user_name: Some(name.into()),
            ..DirectoryUser::default()
        },
        user_name_key: name.to_lowercase(),
        external_id: Some(format!("x-{name}")),
        active: Some(true),
        document: format!("{{\"userName\":\"{name}\"}}"),
        email_keys: vec![format!("{name}@corp.example")],
        ..NewUser::default()
    }
}

pub(super) fn group(id: &str, name: &str) -> NewGroup {
    NewGroup {
        group: DirectoryGroup { external_id: id.into(), name: Some(name.into()), ..DirectoryGroup::default() },
        name_key: name.to_lowercase(),
        external_id: None,
        document: format!("{{\"displayName\":\"{name}\"}}"),
    }
}

pub(super) fn users(ids: &[&str]) -> Vec<(String, MemberKind)> {
    ids.iter().map(|id| ((*id).to_owned(), MemberKind::User)).collect()
}

impl World {
    /// One request of a batch of its own.
    pub(super) fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut ScimWriter<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut batch = self.store.scim_batch(crate::people::LIFE_CYCLE).unwrap();
        let result = batch.attempt(self.integration, self.now, work).unwrap();
        batch.commit().unwrap();
        result
    }

    pub(super) fn write<T>(&mut self, work: impl FnOnce(&mut ScimWriter<'_>) -> Result<T, StoreError>) -> T {
        self.attempt(work).unwrap()
    }

    pub(super) fn later(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// The history from here on is what is told next.
    pub(super) fn forget_history(&self) {
        self.store.db.execute("DELETE FROM changes", []).unwrap();
    }

    /// Every line: subject, label, kind, and field: before > after.
    pub(super) fn history(&self) -> Vec<String> {
        self.texts(
            "SELECT concat_ws(' ', subject, label, kind, field || ':', CASE WHEN before || after IS NOT NULL OR
                 before IS NOT NULL OR after IS NOT NULL
                 THEN coalesce(before, '-') || ' > ' || coalesce(after, '-') END) FROM changes ORDER BY id",
        )
    }

    pub(super) fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.store.db.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    pub(super) fn number(&self, sql: &str) -> i64 {
        self.store.db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    pub(super) fn give_device(&self, user_id: i64) {
        let sql =
            "INSERT INTO devices (serial) VALUES ('C02'); INSERT INTO assignments (device_id, user_id, started_at)
             VALUES (last_insert_rowid(), ?, '2026-11-01T00:00:00Z')";
        self.store.db.execute_batch(&sql.replace('?', &user_id.to_string())).unwrap();
    }
}
