//! Reading the history: who joined, changed and left.

use jiff::Timestamp;
use rusqlite::{Row, named_params};

use super::columns::{Mapped, id_list, moment};
use super::{Store, StoreError};
use crate::model::{Change, ChangeKind, IntegrationId, Subject};

/// Which changes to list; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeFilter {
    /// Only those that this run applied.
    pub run: Option<i64>,
    /// Only of these integrations; `None`: of all.
    pub integrations: Option<Vec<IntegrationId>>,
    /// Not before this.
    pub since: Option<Timestamp>,
    /// Only of these kinds; empty: of any.
    pub kinds: Vec<ChangeKind>,
    /// Only about these; empty: about anything.
    pub subjects: Vec<Subject>,
    /// At most so many, the latest.
    pub limit: Option<u32>,
}

const COLUMNS: &str = "c.at, i.name AS integration, c.run_id, c.subject, c.subject_id, c.external_id, c.label, c.kind,
                       c.field, c.before, c.after";

impl Store {
    /// Hands the changes that pass `filter`, latest first, to `each`, one at a time.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_change<E: From<StoreError>>(
        &self,
        filter: &ChangeFilter,
        each: impl FnMut(Change) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!(
            "SELECT {COLUMNS} FROM changes c LEFT JOIN integrations i ON i.id = c.integration_id
             WHERE (:integrations IS NULL OR c.integration_id IN (SELECT value FROM json_each(:integrations)))
               AND (:run IS NULL OR c.run_id = :run)
               AND c.at >= :since
               AND (:kinds = '[]' OR c.kind IN (SELECT value FROM json_each(:kinds)))
               AND (:subjects = '[]' OR c.subject IN (SELECT value FROM json_each(:subjects)))
             ORDER BY c.at DESC, c.id DESC LIMIT :limit"
        );
        let kinds: Vec<&str> = filter.kinds.iter().map(|kind| kind.as_str()).collect();
        let subjects: Vec<&str> = filter.subjects.iter().map(|subject| subject.as_str()).collect();
        let parameters = named_params! {
            ":run": filter.run,
            ":integrations": filter.integrations.as_deref().map(id_list),
            // Times are stored with whole seconds, as text that sorts.
            ":since": filter.since.map_or_else(String::new, |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ":kinds": serde_json::Value::from(kinds).to_string(),
            ":subjects": serde_json::Value::from(subjects).to_string(),
            ":limit": filter.limit.map_or(-1, i64::from),
        };
        self.hand_changes(&sql, parameters, each)
    }

    /// Hands the history of one person, oldest first, to `each`: their own changes and their places in
    /// groups, also of the time when they were known in another integration or by another id.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_change_of_user<E: From<StoreError>>(
        &self,
        user: i64,
        each: impl FnMut(Change) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!(
            "SELECT {COLUMNS} FROM users u
             JOIN changes c ON c.id IN (SELECT id FROM changes WHERE subject = 'user' AND subject_id = u.id
                                        UNION ALL
                                        SELECT m.id FROM (SELECT u.integration_id, u.external_id
                                                          UNION
                                                          SELECT integration_id, external_id FROM changes
                                                          WHERE subject = 'user' AND subject_id = u.id) w
                                        CROSS JOIN changes m ON m.subject = 'membership'
                                          AND m.external_id = w.external_id AND m.integration_id = w.integration_id)
             LEFT JOIN integrations i ON i.id = c.integration_id
             WHERE u.id = :user ORDER BY c.id"
        );
        self.hand_changes(&sql, named_params! {":user": user}, each)
    }

    fn hand_changes<E: From<StoreError>>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        mut each: impl FnMut(Change) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.db.prepare_cached(sql).map_err(StoreError::from)?;
        let mut rows = statement.query(parameters).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(change(row).map_err(StoreError::from)?)?;
        }
        Ok(())
    }
}

fn change(row: &Row<'_>) -> Mapped<Change> {
    Ok(Change {
        at: moment(row, "at")?,
        integration: row.get("integration")?,
        run: row.get("run_id")?,
        subject: row.get("subject")?,
        id: row.get("subject_id")?,
        external_id: row.get("external_id")?,
        label: row.get("label")?,
        kind: row.get("kind")?,
        field: row.get("field")?,
        before: row.get("before")?,
        after: row.get("after")?,
    })
}
