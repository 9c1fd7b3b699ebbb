//! The staging of memberships: a group's pages are gathered, put in order and compared by hash with what is stored,
//! so that an unchanged list costs no row.

use rusqlite::{OptionalExtension, params};
use xxhash_rust::xxh3::Xxh3;

use super::{Stage, StoreError};
use crate::model::{DirectoryMember, Record};

/// Members of one group kept in memory before they go to disk; with 16 groups at once, a few megabytes.
const MEMBERS_IN_MEMORY: usize = 2_000;

/// One group's members while their pages come in.
#[derive(Default)]
pub(super) struct OpenList {
    members: Vec<DirectoryMember>,
    /// Number of the list whose first members are on disk already.
    spilled: Option<i64>,
    /// Why the list cannot be used.
    broken: Option<String>,
}

impl Stage {
    /// Takes in a page of a group's members. A member that cannot be read spoils the whole list: applying the rest
    /// would take that member out of the group.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn members(&mut self, group: String, page: Vec<Record<DirectoryMember>>) -> Result<(), StoreError> {
        // A group that was listed twice is asked twice; what comes after its end says nothing new.
        if !self.open.contains_key(&group) && self.is_closed(&group)? {
            return Ok(());
        }
        self.tally.members += page.len() as i64;
        let list = self.open.entry(group.clone()).or_default();
        for record in page {
            match record {
                Record::Read(member) => list.members.push(member),
                Record::Refused { reason, .. } => list.broken = Some(format!("a member cannot be stored: {reason}")),
            }
        }
        if list.members.len() > MEMBERS_IN_MEMORY {
            let members = std::mem::take(&mut list.members);
            let number = match list.spilled {
                Some(number) => number,
                None => self.new_list(&group)?,
            };
            self.open.entry(group).or_default().spilled = Some(number);
            self.write_members(number, members)?;
        }
        Ok(())
    }

    /// Closes a group's list: all its pages have come.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn members_end(&mut self, group: &str) -> Result<(), StoreError> {
        let mut list = self.open.remove(group).unwrap_or_default();
        if self.is_closed(group)? {
            return Ok(());
        }
        if let Some(reason) = list.broken {
            return self.members_failed(group, &reason);
        }
        sort_members(&mut list.members);
        let number = match list.spilled {
            Some(number) => number,
            None => self.new_list(group)?,
        };
        let (count, hash) = if list.spilled.is_some() {
            self.write_members(number, list.members)?;
            self.measure_spilled(number)?
        } else {
            let measured = measure(&list.members);
            if self.members_hash(group)?.as_deref() != Some(&measured.1) {
                self.write_members(number, list.members)?;
            }
            measured
        };
        let state = if self.members_hash(group)?.as_deref() == Some(&hash) { "same" } else { "changed" };
        if state == "same" && list.spilled.is_some() {
            self.store.db.execute("DELETE FROM stage.members WHERE list_id = ?1", [number])?;
        }
        self.store.db.execute(
            "UPDATE stage.member_lists SET state = ?2, members_hash = ?3, member_count = ?4 WHERE list_id = ?1",
            params![number, state, hash, count],
        )?;
        Ok(())
    }

    /// Closes a group's list as unusable: what is known of its members stays.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn members_failed(&mut self, group: &str, reason: &str) -> Result<(), StoreError> {
        let list = self.open.remove(group).unwrap_or_default();
        if self.is_closed(group)? {
            return Ok(());
        }
        let number = match list.spilled {
            Some(number) => number,
            None => self.list_of(group)?,
        };
        self.store.db.execute("DELETE FROM stage.members WHERE list_id = ?1", [number])?;
        self.store.db.execute("UPDATE stage.member_lists SET state = 'failed' WHERE list_id = ?1", [number])?;
        self.refuse("membership", Some(group), reason)?;
        Ok(())
    }

    fn is_closed(&self, group: &str) -> Result<bool, StoreError> {
        let mut state = self
            .store
            .db
            .prepare_cached("SELECT 1 FROM stage.member_lists WHERE group_external_id = ?1 AND state <> 'open'")?;
        Ok(state.exists([group])?)
    }

    /// The number of a group's list, which may have been begun.
    pub(super) fn list_of(&self, group: &str) -> Result<i64, StoreError> {
        let mut known =
            self.store.db.prepare_cached("SELECT list_id FROM stage.member_lists WHERE group_external_id = ?1")?;
        match known.query_row([group], |row| row.get(0)).optional()? {
            Some(list) => Ok(list),
            None => self.new_list(group),
        }
    }

    fn new_list(&self, group: &str) -> Result<i64, StoreError> {
        let mut insert = self.store.db.prepare_cached(
            "INSERT INTO stage.member_lists (group_external_id, group_id)
             VALUES (?1, (SELECT id FROM groups WHERE integration_id = ?2 AND external_id = ?1))",
        )?;
        Ok(insert.insert(params![group, self.integration.0])?)
    }

    fn members_hash(&self, group: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut known = self
            .store
            .db
            .prepare_cached("SELECT members_hash FROM groups WHERE integration_id = ?1 AND external_id = ?2")?;
        let hash = known.query_row(params![self.integration.0, group], |row| row.get(0)).optional()?;
        Ok(hash.flatten())
    }

    fn write_members(&mut self, list: i64, mut members: Vec<DirectoryMember>) -> Result<(), StoreError> {
        sort_members(&mut members);
        let mut insert = self.store.db.prepare_cached(
            "INSERT OR REPLACE INTO stage.members (list_id, member_external_id, kind, email, role)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for member in &members {
            insert.execute(params![list, member.external_id, member.kind.as_str(), member.email, member.role])?;
        }
        Ok(())
    }

    fn measure_spilled(&self, list: i64) -> Result<(i64, Vec<u8>), StoreError> {
        let mut rows = self.store.db.prepare_cached(
            "SELECT member_external_id, kind, email, role FROM stage.members WHERE list_id = ?1
             ORDER BY member_external_id",
        )?;
        let mut rows = rows.query([list])?;
        let (mut count, mut hasher) = (0, Xxh3::new());
        while let Some(row) = rows.next()? {
            let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str_or_null()?);
            hash_member(&mut hasher, [text(0)?, text(1)?, text(2)?, text(3)?]);
            count += 1;
        }
        Ok((count, hasher.digest128().to_be_bytes().to_vec()))
    }
}

/// In order of id, the last of equal ids only: a member that moved between pages is one member.
fn sort_members(members: &mut Vec<DirectoryMember>) {
    members.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    members.reverse();
    members.dedup_by(|a, b| a.external_id == b.external_id);
    members.reverse();
}

fn measure(members: &[DirectoryMember]) -> (i64, Vec<u8>) {
    let mut hasher = Xxh3::new();
    for member in members {
        let row = [
            Some(member.external_id.as_str()),
            Some(member.kind.as_str()),
            member.email.as_deref(),
            member.role.as_deref(),
        ];
        hash_member(&mut hasher, row);
    }
    (members.len() as i64, hasher.digest128().to_be_bytes().to_vec())
}

fn hash_member(hasher: &mut Xxh3, row: [Option<&str>; 4]) {
    for value in row {
        // The length in front keeps ("ab", "c") and ("a", "bc") apart, and nothing apart from "".
        let length = value.map_or(u64::MAX, |value| value.len() as u64);
        hasher.update(&length.to_le_bytes());
        hasher.update(value.unwrap_or_default().as_bytes());
    }
}
