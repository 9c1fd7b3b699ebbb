//! The rows of a plan: SELECTs over what is staged and what is stored, read by `--dry-run` and written to the history by
//! the apply, so that the two cannot differ.

use jiff::Timestamp;

use super::columns::stamp;
use super::retention::kind_when_seen;
use super::scope::rows_of_moves;
use super::{Stage, StoreError};
use crate::model::{Change, ChangeKind, IntegrationId};

/// A person's fields as staged and stored, compared one by one.
pub(super) const USER_FIELDS: [&str; 17] = [
    "email",
    "user_name",
    "display_name",
    "given_name",
    "family_name",
    "status_reason",
    "title",
    "department",
    "cost_center",
    "manager",
    "employee_id",
    "phone",
    "location",
    "org_unit",
    "aliases",
    "is_admin",
    "attributes",
];
/// Of a person `u` who is and stays out of scope, the directory says something else in `s` than before: suspended, or not.
pub(super) const SAID_OTHERWISE: &str =
    "(u.status = 'out_of_scope' AND s.status = 'out_of_scope' AND u.status_before IS NOT s.status_before)";

/// A group's fields, likewise.
pub(super) const GROUP_FIELDS: [&str; 6] = ["name", "email", "description", "kind", "aliases", "attributes"];

/// One SELECT of plan rows: subject, subject_id, external_id, label, kind, field, before, after.
pub(super) struct Part {
    pub(super) subject: &'static str,
    pub(super) kind: &'static str,
    pub(super) sql: String,
}

impl Stage {
    /// Hands every row of the plan to `each`, as of `now`.
    ///
    /// # Errors
    /// The disk refuses, or `each` does.
    pub fn rows<E: From<StoreError>>(
        &self,
        integration: &str,
        now: Timestamp,
        mut each: impl FnMut(Change) -> Result<(), E>,
    ) -> Result<(), E> {
        // As the real run would store it.
        let now = stamp(now).parse().unwrap_or(now);
        for part in self.parts()? {
            let mut statement = self.store.db.prepare(&part.sql).map_err(StoreError::from)?;
            let mut rows = statement.query([]).map_err(StoreError::from)?;
            while let Some(row) = rows.next().map_err(StoreError::from)? {
                let change = (|| {
                    Ok::<_, rusqlite::Error>(Change {
                        at: now,
                        integration: Some(integration.to_owned()),
                        run: None,
                        subject: row.get(0)?,
                        id: row.get(1)?,
                        external_id: row.get(2)?,
                        label: row.get(3)?,
                        kind: row.get(4)?,
                        field: row.get(5)?,
                        before: row.get(6)?,
                        after: row.get(7)?,
                    })
                })();
                each(change.map_err(StoreError::from)?)?;
            }
        }
        Ok(())
    }

    /// All parts of the plan, people first. Of people who are all new no fields are compared: a first import has many.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn parts(&self) -> Result<Vec<Part>, StoreError> {
        let known = self.number("SELECT EXISTS (SELECT 1 FROM stage.users WHERE user_id IS NOT NULL)")? != 0;
        let mut parts = self.user_parts(known);
        parts.extend(self.group_parts());
        parts.extend(self.membership_parts());
        Ok(parts)
    }

    fn user_parts(&self, known: bool) -> Vec<Part> {
        let integration = self.integration;
        let (fetched, stored) = (label("s"), label("u"));
        let mut parts = vec![
            part(
                "user",
                "joined",
                format!(
                    "SELECT 'user', u.id, s.external_id, {fetched}, 'joined', NULL, NULL, NULL FROM stage.users s
                 LEFT JOIN users u ON u.integration_id = {integration} AND u.external_id = s.external_id
                 WHERE s.user_id IS NULL AND s.status <> 'out_of_scope'"
                ),
            ),
            part(
                "user",
                "changed",
                format!(
                    "SELECT 'user', u.id, s.external_id, {fetched}, 'changed', 'status', NULL, s.status FROM stage.users s
                 LEFT JOIN users u ON u.integration_id = {integration} AND u.external_id = s.external_id
                 WHERE s.user_id IS NULL AND s.status = 'out_of_scope'"
                ),
            ),
            part("user", "changed", rows_of_moves("stage")),
        ];
        if known {
            parts.extend(self.known_parts());
        }
        parts.extend([ChangeKind::Missing, ChangeKind::Left, ChangeKind::Retained].map(|kind| {
            let kind = kind.as_str();
            part(
                "user",
                kind,
                format!(
                    "SELECT 'user', u.id, u.external_id, {stored}, '{kind}', 'status', a.was, a.fate
                 FROM stage.absent_users a JOIN users u ON u.id = a.id WHERE a.kind = '{kind}'"
                ),
            )
        }));
        parts
    }

    /// Of known people, what differs.
    fn known_parts(&self) -> Vec<Part> {
        let integration = self.integration;
        let fetched = label("s");
        let seen = kind_when_seen(self.life, "s.was");
        let mut parts = vec![
            part(
                "user",
                "returned",
                format!(
                    "SELECT 'user', s.user_id, s.external_id, {fetched}, 'returned', 'status', s.was, s.status
                 FROM stage.users s WHERE {seen} = 'returned'"
                ),
            ),
            part(
                "user",
                "changed",
                format!(
                    "SELECT 'user', s.user_id, s.external_id, {fetched}, 'changed', 'status', s.was, s.status
                 FROM stage.users s WHERE {seen} = 'changed' AND s.status <> s.was"
                ),
            ),
            part(
                "user",
                "changed",
                format!(
                    "SELECT 'user', u.id, u.external_id, {fetched}, 'changed', 'directory_status', u.status_before,
                     s.status_before FROM stage.users s JOIN users u ON u.id = s.user_id WHERE {SAID_OTHERWISE}"
                ),
            ),
        ];
        parts.extend(USER_FIELDS.iter().map(|field| {
            let (before, after) = (shown(integration, "u", field), shown(integration, "s", field));
            part(
                "user",
                "changed",
                format!(
                    "SELECT 'user', u.id, u.external_id, {fetched}, 'changed', '{field}', {before}, {after}
                 FROM stage.users s JOIN users u ON u.id = s.user_id WHERE u.{field} IS NOT s.{field}"
                ),
            )
        }));
        parts
    }

    fn group_parts(&self) -> Vec<Part> {
        let integration = self.integration;
        let mut parts = vec![part(
            "group",
            "joined",
            format!(
                "SELECT 'group', g.id, s.external_id, coalesce(s.email, s.name), 'joined', NULL, NULL, NULL
             FROM stage.groups s
             LEFT JOIN groups g ON g.integration_id = {integration} AND g.external_id = s.external_id
             WHERE s.group_id IS NULL"
            ),
        )];
        parts.extend(GROUP_FIELDS.iter().map(|field| {
            part("group", "changed", format!(
                "SELECT 'group', u.id, u.external_id, coalesce(s.email, s.name), 'changed', '{field}', u.{field}, s.{field}
                 FROM stage.groups s JOIN groups u ON u.id = s.group_id WHERE u.{field} IS NOT s.{field}"))
        }));
        parts.push(part(
            "group",
            "left",
            "SELECT 'group', g.id, g.external_id, coalesce(g.email, g.name), 'left', NULL, NULL, NULL
             FROM stage.absent_groups a JOIN groups g ON g.id = a.id"
                .into(),
        ));
        parts
    }

    pub(super) fn membership_parts(&self) -> Vec<Part> {
        let integration = self.integration;
        let group = "coalesce(g.email, g.name, g.external_id)";
        let member = "coalesce(m.email, m.kind)";
        // CROSS JOIN keeps the order as written: from the few lists that changed to their members. Left to itself,
        // SQLite, which knows no sizes here, may begin with all memberships there are.
        vec![
            part(
                "membership",
                "joined",
                format!(
                    "SELECT 'membership', g.id, m.member_external_id, {member}, 'joined',
                        coalesce(g.email, g.name, s.email, s.name, l.group_external_id), NULL, m.role
                 FROM stage.member_lists l
                 LEFT JOIN groups g ON g.integration_id = {integration} AND g.external_id = l.group_external_id
                 LEFT JOIN stage.groups s ON s.external_id = l.group_external_id
                 CROSS JOIN stage.members m ON m.list_id = l.list_id
                 WHERE l.state IN ('changed', 'partial') AND NOT m.gone AND (l.is_new OR NOT EXISTS (
                     SELECT 1 FROM memberships o
                     WHERE o.group_id = l.group_id AND o.member_external_id = m.member_external_id))"
                ),
            ),
            part(
                "membership",
                "changed",
                format!(
                    "SELECT 'membership', g.id, m.member_external_id, {member}, 'changed', {group},
                        CASE WHEN o.role IS NOT m.role THEN o.role WHEN o.kind <> m.kind THEN o.kind ELSE o.email END,
                        CASE WHEN o.role IS NOT m.role THEN m.role WHEN o.kind <> m.kind THEN m.kind ELSE m.email END
                 FROM stage.member_lists l CROSS JOIN groups g ON g.id = l.group_id
                 CROSS JOIN stage.members m ON m.list_id = l.list_id
                 CROSS JOIN memberships o ON o.group_id = l.group_id AND o.member_external_id = m.member_external_id
                 WHERE l.state IN ('changed', 'partial') AND NOT m.gone
                   AND (o.role IS NOT m.role OR o.kind <> m.kind OR o.email IS NOT m.email)"
                ),
            ),
            part(
                "membership",
                "left",
                format!(
                    "SELECT 'membership', g.id, m.member_external_id, {member}, 'left', {group}, m.role, NULL
                 FROM stage.member_lists l CROSS JOIN groups g ON g.id = l.group_id
                 CROSS JOIN memberships m ON m.group_id = l.group_id
                 WHERE l.state = 'changed' AND NOT EXISTS (
                     SELECT 1 FROM stage.members n
                     WHERE n.list_id = l.list_id AND n.member_external_id = m.member_external_id AND NOT n.gone)
                 UNION ALL
                 SELECT 'membership', g.id, m.member_external_id, {member}, 'left', {group}, m.role, NULL
                 FROM stage.member_lists l CROSS JOIN groups g ON g.id = l.group_id
                 CROSS JOIN stage.members n ON n.list_id = l.list_id
                 CROSS JOIN memberships m ON m.group_id = l.group_id AND m.member_external_id = n.member_external_id
                 WHERE l.state = 'partial' AND n.gone
                 UNION ALL
                 SELECT 'membership', g.id, m.member_external_id, {member}, 'left', {group}, m.role, NULL
                 FROM stage.absent_groups a CROSS JOIN groups g ON g.id = a.id
                 CROSS JOIN memberships m ON m.group_id = a.id"
                ),
            ),
        ]
    }
}

/// What people call somebody.
fn label(of: &str) -> String {
    format!("coalesce({of}.email, {of}.user_name, {of}.display_name)")
}

/// A field's value as the history shows it: a manager who is known here by address, as in the listings.
fn shown(integration: IntegrationId, of: &str, field: &str) -> String {
    let value = format!("{of}.{field}");
    if field != "manager" {
        return value;
    }
    format!(
        "coalesce((SELECT coalesce(b.email, b.user_name) FROM users b
                   WHERE b.integration_id = {integration} AND b.external_id = {value}), {value})"
    )
}

fn part(subject: &'static str, kind: &'static str, sql: String) -> Part {
    Part { subject, kind, sql }
}
