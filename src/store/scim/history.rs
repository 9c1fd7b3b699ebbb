//! The history of what clients write: the same lines as a sync's, without a run.

use rusqlite::{OptionalExtension, params};

use super::batch::ScimWriter;
use crate::model::{DirectoryGroup, DirectoryUser};

/// One line to be written.
pub(super) struct Line<'a> {
    pub(super) subject: &'a str,
    pub(super) id: i64,
    pub(super) external_id: &'a str,
    pub(super) label: Option<&'a str>,
    pub(super) kind: &'a str,
    pub(super) field: Option<&'a str>,
    pub(super) before: Option<&'a str>,
    pub(super) after: Option<&'a str>,
}

impl ScimWriter<'_> {
    pub(super) fn note(&self, line: &Line<'_>) -> rusqlite::Result<()> {
        let mut insert = self.db.prepare_cached(
            "INSERT INTO changes (integration_id, at, subject, subject_id, external_id, label, kind, field, before, after)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        insert.execute(params![
            self.integration.0,
            self.at,
            line.subject,
            line.id,
            line.external_id,
            line.label,
            line.kind,
            line.field,
            line.before,
            line.after
        ])?;
        Ok(())
    }

    /// Notes every field that differs; returns whether any does. Fields are in the order of `names`.
    pub(super) fn note_fields(
        &self,
        line: &Line<'_>,
        names: &[&str],
        before: &[Option<String>],
        after: &[Option<String>],
    ) -> rusqlite::Result<bool> {
        let mut any = false;
        for (name, (before, after)) in names.iter().zip(before.iter().zip(after)) {
            if before == after {
                continue;
            }
            any = true;
            let (before, after) = if *name == "manager" {
                (self.shown_manager(before.as_deref())?, self.shown_manager(after.as_deref())?)
            } else {
                (before.clone(), after.clone())
            };
            let (before, after) = (before.as_deref(), after.as_deref());
            self.note(&Line { kind: "changed", field: Some(name), before, after, ..*line })?;
        }
        Ok(any)
    }

    /// A manager who is known here is shown by address, as in the listings.
    fn shown_manager(&self, manager: Option<&str>) -> rusqlite::Result<Option<String>> {
        let Some(manager) = manager else { return Ok(None) };
        let mut statement = self.db.prepare_cached(
            "SELECT coalesce(email, user_name) FROM users WHERE integration_id = ?1 AND external_id = ?2",
        )?;
        let known: Option<Option<String>> =
            statement.query_row(params![self.integration.0, manager], |row| row.get(0)).optional()?;
        Ok(known.flatten().or_else(|| Some(manager.to_owned())))
    }
}

/// What people call somebody.
pub(super) fn label(person: &DirectoryUser) -> Option<&str> {
    person.email.as_deref().or(person.user_name.as_deref()).or(person.display_name.as_deref())
}

/// What people call a group.
pub(super) fn group_label(group: &DirectoryGroup) -> Option<&str> {
    group.email.as_deref().or(group.name.as_deref())
}

/// A person's fields as stored, in the order of `USER_FIELDS`.
pub(super) fn user_fields(person: &DirectoryUser, status_reason: Option<String>) -> [Option<String>; 17] {
    let person = person.clone();
    [
        person.email,
        person.user_name,
        person.display_name,
        person.given_name,
        person.family_name,
        status_reason,
        person.title,
        person.department,
        person.cost_center,
        person.manager,
        person.employee_id,
        person.phone,
        person.location,
        person.org_unit,
        Some(list(&person.aliases)),
        Some(u8::from(person.is_admin).to_string()),
        person.attributes,
    ]
}

/// A group's fields as stored, in the order of `GROUP_FIELDS`.
pub(super) fn group_fields(group: &DirectoryGroup) -> [Option<String>; 6] {
    let group = group.clone();
    [group.name, group.email, group.description, group.kind, Some(list(&group.aliases)), group.attributes]
}

fn list(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}
