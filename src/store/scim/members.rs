//! Members as clients add, remove and replace them; each step costs what it changes, not what the group holds.

use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension, params};

use super::super::StoreError;
use super::batch::ScimWriter;
use super::history::Line;
use super::moments::fine_stamp;
use super::read::{GroupOf, groups_of, member_of, members_of};
use super::resource::ScimMember;
use crate::model::MemberKind;

impl ScimWriter<'_> {
    /// The direct members of a group, by id.
    ///
    /// # Errors
    /// The database refuses.
    pub fn members(&self, group: &str) -> Result<Vec<ScimMember>, StoreError> {
        members_of(self.db, self.integration, group)
    }

    /// One direct member of a group, by id.
    ///
    /// # Errors
    /// The database refuses.
    pub fn member(&self, group: &str, member: &str) -> Result<Option<ScimMember>, StoreError> {
        Ok(member_of(self.db, self.integration, group, member)?)
    }

    /// How many direct members a group has.
    ///
    /// # Errors
    /// The database refuses.
    pub fn member_count(&self, group: &str) -> Result<i64, StoreError> {
        let sql = "SELECT member_count FROM groups WHERE integration_id = ?1 AND external_id = ?2";
        let mut statement = self.db.prepare_cached(sql)?;
        Ok(statement.query_row(params![self.integration.0, group], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    /// The groups that a user is a direct member of.
    ///
    /// # Errors
    /// The database refuses.
    pub fn groups_of(&self, user: &str) -> Result<Vec<GroupOf>, StoreError> {
        Ok(groups_of(self.db, self.integration, &[user])?.remove(user).unwrap_or_default())
    }

    /// Adds members; returns how many were not in the group before. What an id is, is known here or else as told.
    ///
    /// # Errors
    /// There is no such group ([`StoreError::Sql`]; it is for the caller to look it up before), or the database
    /// refuses.
    pub fn add_members(&mut self, group: &str, members: &[(String, MemberKind)]) -> Result<usize, StoreError> {
        let group = self.reread_group(group)?.group_id;
        let name = self.group_name(group)?;
        let mut added = 0;
        for (member, told) in members {
            added += usize::from(self.add_member(group, &name, member, *told)?);
        }
        self.touch_group(group, i64::try_from(added).unwrap_or(0), added > 0)?;
        Ok(added)
    }

    /// Removes members; returns how many were in the group.
    ///
    /// # Errors
    /// As [`ScimWriter::add_members`].
    pub fn remove_members<M: AsRef<str>>(&mut self, group: &str, members: &[M]) -> Result<usize, StoreError> {
        let group = self.reread_group(group)?.group_id;
        let name = self.group_name(group)?;
        let mut removed = 0;
        for member in members {
            removed += usize::from(self.remove_member(group, &name, member.as_ref())?);
        }
        self.touch_group(group, -i64::try_from(removed).unwrap_or(0), removed > 0)?;
        Ok(removed)
    }

    /// Makes these, and nobody else, a group's members; returns how many came and went.
    ///
    /// # Errors
    /// As [`ScimWriter::add_members`].
    pub fn replace_members(&mut self, group: &str, members: &[(String, MemberKind)]) -> Result<usize, StoreError> {
        let group = self.reread_group(group)?.group_id;
        let name = self.group_name(group)?;
        let present: HashSet<String> = self
            .db
            .prepare_cached("SELECT member_external_id FROM memberships WHERE group_id = ?1")?
            .query_map([group], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let wanted: HashMap<&str, MemberKind> = members.iter().map(|(id, kind)| (id.as_str(), *kind)).collect();
        let mut leaving: Vec<&String> = present.iter().filter(|id| !wanted.contains_key(id.as_str())).collect();
        leaving.sort_unstable();
        for member in &leaving {
            self.remove_member(group, &name, member)?;
        }
        let mut added = 0;
        for (member, told) in members.iter().filter(|(id, _)| !present.contains(id)) {
            added += usize::from(self.add_member(group, &name, member, *told)?);
        }
        let changed = added + leaving.len();
        let more = i64::try_from(added).unwrap_or(0) - i64::try_from(leaving.len()).unwrap_or(0);
        self.touch_group(group, more, changed > 0)?;
        Ok(changed)
    }

    /// Takes a member out of every group, because it is deleted.
    pub(super) fn leave_groups(&mut self, member: &str, label: &str) -> rusqlite::Result<()> {
        let groups: Vec<i64> = self
            .db
            .prepare_cached(
                "SELECT m.group_id FROM memberships m CROSS JOIN groups g ON g.id = m.group_id
                 WHERE m.member_external_id = ?1 AND g.integration_id = ?2 ORDER BY 1",
            )?
            .query_map(params![member, self.integration.0], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for group in groups {
            let name = self.group_name(group)?;
            self.db.prepare_cached(REMOVE)?.query_row(params![group, member], |_| Ok(()))?;
            self.note(&line(group, &name, member, label, "left"))?;
            self.touch_group(group, -1, true)?;
        }
        Ok(())
    }

    /// Notes that all members leave a group that is about to go.
    pub(super) fn note_everyone_left(&self, group: i64) -> rusqlite::Result<()> {
        self.db
            .prepare_cached(
                "INSERT INTO changes (integration_id, at, subject, subject_id, external_id, label, kind, field, before)
                 SELECT ?2, ?3, 'membership', g.id, m.member_external_id,
                        coalesce(u.email, u.user_name, u.display_name, sub.email, sub.name, m.kind), 'left',
                        coalesce(g.email, g.name, g.external_id), m.role
                 FROM memberships m CROSS JOIN groups g ON g.id = m.group_id
                 LEFT JOIN users u ON u.integration_id = ?2 AND u.external_id = m.member_external_id
                 LEFT JOIN groups sub ON sub.integration_id = ?2 AND sub.external_id = m.member_external_id
                 WHERE m.group_id = ?1 ORDER BY m.member_external_id",
            )?
            .execute(params![group, self.integration.0, self.at])?;
        Ok(())
    }

    /// Whoever the client has deleted is no member, though it sends them again (a late list of everybody does).
    fn add_member(&self, group: i64, name: &str, member: &str, told: MemberKind) -> rusqlite::Result<bool> {
        if self.is_deleted(member)? {
            return Ok(false);
        }
        let known = self.known(member)?;
        let kind = known.as_ref().map_or_else(|| told.as_str(), |(kind, _)| kind.as_str());
        let added = self
            .db
            .prepare_cached(
                "INSERT INTO memberships (group_id, member_external_id, kind) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![group, member, kind])?;
        if added > 0 {
            let label = known.as_ref().and_then(|(_, label)| label.as_deref()).unwrap_or(kind);
            self.note(&line(group, name, member, label, "joined"))?;
        }
        Ok(added > 0)
    }

    fn remove_member(&self, group: i64, name: &str, member: &str) -> rusqlite::Result<bool> {
        let kind: Option<String> =
            self.db.prepare_cached(REMOVE)?.query_row(params![group, member], |row| row.get(0)).optional()?;
        if let Some(kind) = &kind {
            let label = self.known(member)?.and_then(|(_, label)| label);
            self.note(&line(group, name, member, label.as_deref().unwrap_or(kind), "left"))?;
        }
        Ok(kind.is_some())
    }

    fn is_deleted(&self, member: &str) -> rusqlite::Result<bool> {
        self.db
            .prepare_cached(
                "SELECT 1 FROM users u WHERE u.integration_id = ?1 AND u.external_id = ?2 AND NOT EXISTS (
                     SELECT 1 FROM scim_users s WHERE s.user_id = u.id AND s.deleted_at IS NULL)",
            )?
            .exists(params![self.integration.0, member])
    }

    /// Members that were named before they came are what they turn out to be.
    pub(super) fn settle_kind(&self, id: &str, kind: MemberKind) -> rusqlite::Result<()> {
        self.db
            .prepare_cached(
                "UPDATE memberships SET kind = ?3 WHERE member_external_id = ?2 AND kind <> ?3
                   AND group_id IN (SELECT group_id FROM scim_groups WHERE integration_id = ?1)",
            )?
            .execute(params![self.integration.0, id, kind.as_str()])?;
        Ok(())
    }

    /// What an id stands for here, and what people call it.
    fn known(&self, member: &str) -> rusqlite::Result<Option<(String, Option<String>)>> {
        self.db
            .prepare_cached(
                "SELECT 'user', coalesce(email, user_name, display_name) FROM users
                 WHERE integration_id = ?1 AND external_id = ?2
                 UNION ALL SELECT 'group', coalesce(email, name) FROM groups
                 WHERE integration_id = ?1 AND external_id = ?2 LIMIT 1",
            )?
            .query_row(params![self.integration.0, member], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
    }

    fn group_name(&self, group: i64) -> rusqlite::Result<String> {
        self.db
            .prepare_cached("SELECT coalesce(email, name, external_id) FROM groups WHERE id = ?1")?
            .query_row([group], |row| row.get(0))
    }

    /// A group is another one when its members are.
    fn touch_group(&mut self, group: i64, more: i64, changed: bool) -> rusqlite::Result<()> {
        if !changed {
            return Ok(());
        }
        self.changed = true;
        self.db
            .prepare_cached("UPDATE groups SET member_count = member_count + ?2, members_hash = NULL WHERE id = ?1")?
            .execute([group, more])?;
        self.db
            .prepare_cached("UPDATE scim_groups SET version = version + 1, modified_at = ?2 WHERE group_id = ?1")?
            .execute(params![group, fine_stamp(self.now)])?;
        Ok(())
    }
}

const REMOVE: &str = "DELETE FROM memberships WHERE group_id = ?1 AND member_external_id = ?2 RETURNING kind";

fn line<'a>(group: i64, name: &'a str, member: &'a str, label: &'a str, kind: &'a str) -> Line<'a> {
    Line {
        subject: "membership",
        id: group,
        external_id: member,
        label: Some(label),
        kind,
        field: Some(name),
        before: None,
        after: None,
    }
}
