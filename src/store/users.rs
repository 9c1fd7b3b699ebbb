//! Reading people: listings that stream, and finding one by whatever people call them.

use rusqlite::{OptionalExtension, Row, named_params};
use serde::Serialize;

use super::columns::{Mapped, id_list, literal, moment, patterns, texts, word};
use super::{Store, StoreError};
use crate::model::{IntegrationId, User, UserStatus};

/// Which people to list; the default is everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Only of these integrations; `None`: of all.
    pub integrations: Option<Vec<IntegrationId>>,
    /// Only direct members of this group (internal id).
    pub group: Option<i64>,
    /// Only with one of these; empty: whatever the status.
    pub statuses: Vec<UserStatus>,
    /// Only whose names or addresses contain this, without regard to case.
    pub search: Option<String>,
    /// Only in this org unit or below.
    pub org_unit: Option<String>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// How well somebody fits what was asked for; a better one beats any number of worse ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserMatch {
    /// By id, ours or the directory's.
    Id,
    /// By the present address or sign-in name.
    Present,
    /// By an alias.
    Alias,
    /// By an address they had once.
    Former,
}

/// What is kept of a person besides the fields of the contract.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UserExtras {
    /// Why suspended or retained.
    pub status_reason: Option<String>,
    /// Custom schemas and marks (guest, delegated administrator) as the directory has them.
    pub attributes: Option<serde_json::Value>,
}

/// Each way by an index, however many people there are; only aliases have none. CROSS JOIN keeps its order: from
/// integrations to the directories' ids, whose index begins with them, and from the few who are found to the people.
const FIND: &str = "SELECT min(found.rank) AS rank, v.* FROM (
        SELECT 0 AS rank, id FROM users WHERE id = CAST(:asked AS INTEGER) AND CAST(id AS TEXT) = :asked
        UNION ALL SELECT 0, u.id FROM integrations i
            CROSS JOIN users u ON u.integration_id = i.id AND u.external_id = :asked
        UNION ALL SELECT 1, id FROM users WHERE lower(email) = lower(:asked)
        UNION ALL SELECT 1, id FROM users WHERE lower(user_name) = lower(:asked)
        UNION ALL SELECT 2, aliased.id FROM users aliased
            WHERE aliased.aliases <> '[]' AND EXISTS (
                SELECT 1 FROM json_each(aliased.aliases) WHERE value = :asked COLLATE NOCASE)
        UNION ALL SELECT 3, subject_id FROM changes
            WHERE subject = 'user' AND field = 'email' AND lower(before) = lower(:asked)
    ) AS found CROSS JOIN users u ON u.id = found.id CROSS JOIN v1_users v ON v.id = u.id
    WHERE :integrations IS NULL OR u.integration_id IN (SELECT value FROM json_each(:integrations))
    GROUP BY v.id ORDER BY rank, v.id";

impl Store {
    /// What is kept of a person besides the fields of the contract.
    ///
    /// # Errors
    /// The database refuses.
    pub fn user_extras(&self, id: i64) -> Result<UserExtras, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT status_reason, attributes FROM users WHERE id = ?1")?;
        let extras = statement.query_row([id], |row| {
            let attributes: Option<String> = row.get(1)?;
            let attributes = attributes.and_then(|text| serde_json::from_str(&text).ok());
            Ok(UserExtras { status_reason: row.get(0)?, attributes })
        });
        Ok(extras.optional()?.unwrap_or_default())
    }

    /// Hands the people that pass `filter`, by address, to `each`, one at a time.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_user<E: From<StoreError>>(
        &self,
        filter: &UserFilter,
        mut each: impl FnMut(User) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self
            .db
            .prepare_cached(
                "SELECT v.* FROM users f JOIN v1_users v ON v.id = f.id
                 WHERE (:integrations IS NULL OR f.integration_id IN (SELECT value FROM json_each(:integrations)))
                   AND (:statuses IS NULL OR f.status IN (SELECT value FROM json_each(:statuses)))
                   AND (:unit IS NULL OR f.org_unit = :unit COLLATE NOCASE OR f.org_unit LIKE :below ESCAPE '\\')
                   AND (:group IS NULL OR EXISTS (
                        SELECT 1 FROM memberships m JOIN groups g ON g.id = m.group_id
                        WHERE m.group_id = :group AND m.member_external_id = f.external_id
                          AND g.integration_id = f.integration_id))
                   AND (:patterns IS NULL OR EXISTS (
                        SELECT 1 FROM json_each(:patterns) p
                        WHERE f.email LIKE p.value ESCAPE '\\' OR f.user_name LIKE p.value ESCAPE '\\'
                           OR f.display_name LIKE p.value ESCAPE '\\' OR f.employee_id LIKE p.value ESCAPE '\\'
                           OR coalesce(f.given_name, '') || ' ' || coalesce(f.family_name, '') LIKE p.value ESCAPE '\\'
                           OR EXISTS (SELECT 1 FROM json_each(f.aliases) a WHERE a.value LIKE p.value ESCAPE '\\')))
                 ORDER BY lower(f.email), f.id LIMIT :limit",
            )
            .map_err(StoreError::from)?;
        let statuses = filter.statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>();
        let unit = filter.org_unit.as_deref().map(|unit| if unit == "/" { unit } else { unit.trim_end_matches('/') });
        let mut rows = statement
            .query(named_params! {
                ":integrations": filter.integrations.as_deref().map(id_list),
                ":statuses": (!statuses.is_empty()).then(|| serde_json::Value::from(statuses).to_string()),
                ":unit": unit,
                ":below": unit.map(|unit| format!("{}/%", literal(unit.trim_end_matches('/')))),
                ":group": filter.group,
                ":patterns": filter.search.as_deref().map(patterns),
                ":limit": filter.limit.map_or(-1, i64::from),
            })
            .map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(user(row).map_err(StoreError::from)?)?;
        }
        Ok(())
    }

    /// Everybody whom `asked` may mean, best matches first: an id, an address present, an alias, or a former address.
    /// Compared whole and without regard to case, never in part.
    ///
    /// # Errors
    /// The database refuses.
    pub fn find_users(
        &self,
        asked: &str,
        integrations: Option<&[IntegrationId]>,
    ) -> Result<Vec<(UserMatch, User)>, StoreError> {
        let mut statement = self.db.prepare_cached(FIND)?;
        let rows = statement.query_map(
            named_params! {":asked": asked, ":integrations": integrations.map(id_list)},
            |row| {
                let rank = match row.get("rank")? {
                    0 => UserMatch::Id,
                    1 => UserMatch::Present,
                    2 => UserMatch::Alias,
                    _ => UserMatch::Former,
                };
                Ok((rank, user(row)?))
            },
        )?;
        Ok(rows.collect::<Mapped<_>>()?)
    }
}

fn user(row: &Row<'_>) -> Mapped<User> {
    Ok(User {
        id: row.get("id")?,
        integration: row.get("integration")?,
        external_id: row.get("external_id")?,
        email: row.get("email")?,
        user_name: row.get("user_name")?,
        display_name: row.get("display_name")?,
        given_name: row.get("given_name")?,
        family_name: row.get("family_name")?,
        status: word(row, "status", UserStatus::parse)?,
        title: row.get("title")?,
        department: row.get("department")?,
        cost_center: row.get("cost_center")?,
        manager: row.get("manager")?,
        employee_id: row.get("employee_id")?,
        phone: row.get("phone")?,
        location: row.get("location")?,
        org_unit: row.get("org_unit")?,
        aliases: texts(row, "aliases")?,
        is_admin: row.get("is_admin")?,
        groups: texts(row, "groups")?,
        devices: texts(row, "devices")?,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_found_without_reading_everybody() {
        let plan = Store::nothing_yet().unwrap().explain_for_tests(FIND);
        for way in [
            "SEARCH users USING INTEGER PRIMARY KEY",
            "USING COVERING INDEX users_external (integration_id=? AND external_id=?)",
            "users USING COVERING INDEX users_email",
            "users USING COVERING INDEX users_user_name",
            "changes USING INDEX changes_former_email",
        ] {
            assert!(plan.contains(way), "{way}\n{plan}");
        }
        assert!(!plan.contains("SCAN u") && plan.contains("SEARCH u USING INTEGER PRIMARY KEY"), "{plan}");
    }
}
