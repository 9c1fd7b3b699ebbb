//! Erasing people: whatever is personal of them goes, wherever it stands; ids, times, kinds of change, statuses and the
//! integration stay. Set by set, for a day's tombstones may be many.

use rusqlite::{Connection, Params, params};

use super::scim::{forget_managers_of_resources, forget_resources};

/// Fields whose values in the history say nothing about who somebody is.
const IMPERSONAL: &str = "('status', 'directory_status', 'status_reason', 'is_admin')";

/// What the erased alone are or were called; and the addresses among it, by which other directories know them. (A name may
/// be a word of ours, such as `user` or `owner`.)
const THEIRS: &str = "(SELECT name FROM temp.erased_names WHERE NOT shared)";
const THEIR_ADDRESSES: &str = "(SELECT name FROM temp.erased_names WHERE NOT shared AND name LIKE '%@%')";

/// Erases the people whose ids the SELECT `whom` finds; says how many. What is overwritten leaves no trace in the pages of
/// the database from now on; what was overwritten before may have, see `Store::wipe`. With `present`, what others are said
/// to have to do with them now (a manager's address) goes too.
pub(super) fn erase(
    db: &Connection,
    whom: &str,
    found_by: impl Params,
    present: bool,
    at: &str,
) -> rusqlite::Result<usize> {
    db.execute_batch("DROP TABLE IF EXISTS temp.erased; CREATE TEMP TABLE erased (id INTEGER PRIMARY KEY)")?;
    let number = db.execute(&format!("INSERT INTO temp.erased (id) {whom}"), found_by)?;
    if number > 0 {
        let before: i64 = db.pragma_query_value(None, "secure_delete", |row| row.get(0))?;
        db.pragma_update(None, "secure_delete", true)?;
        find_what_they_are_called(db)?;
        forget_resources(db, at)?;
        empty_history(db)?;
        empty_devices(db, present)?;
        empty_others(db, present, at)?;
        empty_people(db, at)?;
        db.execute_batch("DROP TABLE temp.erased_ids; DROP TABLE temp.erased_names")?;
        db.pragma_update(None, "secure_delete", before)?;
    }
    db.execute_batch("DROP TABLE temp.erased")?;
    Ok(number)
}

/// The directory's ids of theirs (one who was pushed anew has had several), and all they are or were called. A name that
/// is by now that of somebody else is `shared`, and stays where it may mean the other. (The indexes are of `lower(…)`,
/// which is compared quickly with its like alone.)
fn find_what_they_are_called(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "DROP TABLE IF EXISTS temp.erased_ids;
         CREATE TEMP TABLE erased_ids (external_id TEXT NOT NULL, integration_id INTEGER NOT NULL,
             PRIMARY KEY (external_id, integration_id)) WITHOUT ROWID;
         INSERT OR IGNORE INTO temp.erased_ids
         SELECT u.external_id, u.integration_id FROM temp.erased e CROSS JOIN users u ON u.id = e.id
         UNION SELECT c.external_id, c.integration_id
         FROM temp.erased e CROSS JOIN changes c ON c.subject_id = e.id AND c.subject = 'user'
         WHERE c.integration_id IS NOT NULL;

         DROP TABLE IF EXISTS temp.erased_names;
         CREATE TEMP TABLE erased_names (name TEXT PRIMARY KEY, shared INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
         INSERT OR IGNORE INTO temp.erased_names (name)
         SELECT lower(name) FROM (
             SELECT u.email AS name FROM temp.erased e CROSS JOIN users u ON u.id = e.id
             UNION SELECT u.user_name FROM temp.erased e CROSS JOIN users u ON u.id = e.id
             UNION SELECT u.display_name FROM temp.erased e CROSS JOIN users u ON u.id = e.id
             UNION SELECT a.value FROM temp.erased e CROSS JOIN users u ON u.id = e.id CROSS JOIN json_each(u.aliases) a
             UNION SELECT c.label FROM temp.erased e CROSS JOIN changes c ON c.subject_id = e.id AND c.subject = 'user'
             UNION SELECT v.value FROM temp.erased e CROSS JOIN changes c ON c.subject_id = e.id AND c.subject = 'user'
                   CROSS JOIN json_each(json_array(c.before, c.after)) v
                   WHERE c.field IN ('email', 'user_name', 'display_name')
             UNION SELECT a.value FROM temp.erased e CROSS JOIN changes c ON c.subject_id = e.id AND c.subject = 'user'
                   CROSS JOIN json_each(json_array(c.before, c.after)) v
                   CROSS JOIN json_each(CASE WHEN json_valid(v.value) THEN v.value ELSE '[]' END) a
                   WHERE c.field = 'aliases')
         WHERE name <> '';
         UPDATE temp.erased_names SET shared = 1 WHERE name IN (
             SELECT n.name FROM temp.erased_names n CROSS JOIN users u ON lower(u.email) = lower(n.name)
             WHERE u.status <> 'removed' AND u.id NOT IN (SELECT id FROM temp.erased)
             UNION ALL SELECT n.name FROM temp.erased_names n CROSS JOIN users u ON lower(u.user_name) = lower(n.name)
             WHERE u.status <> 'removed' AND u.id NOT IN (SELECT id FROM temp.erased)
             UNION ALL SELECT lower(a.value) FROM users u CROSS JOIN json_each(u.aliases) a
             WHERE u.aliases <> '[]' AND u.status <> 'removed' AND u.id NOT IN (SELECT id FROM temp.erased)
             UNION ALL SELECT lower(email) FROM groups WHERE email IS NOT NULL);",
    )
}

/// The condition that one of `names` stands in `words`, and not only within a longer name: ann@corp.example is nowhere in
/// joann@corp.example, nor ann@corp.co in ann@corp.com.
fn stands_in(words: &str, names: &str) -> String {
    // In a pattern of GLOB these would mean something.
    let literal = "replace(replace(replace(n.name, '[', '[[]'), '*', '[*]'), '?', '[?]')";
    let padded = format!("' ' || lower({words}) || ' '");
    let before = "'*[^a-z0-9.!#$%&+/=_-]'";
    format!(
        "EXISTS (SELECT 1 FROM {names} n WHERE instr(lower({words}), n.name) > 0 AND (
             {padded} GLOB {before} || {literal} || '[^a-z0-9.-]*' OR {padded} GLOB {before} || {literal} || '.[^a-z0-9]*'))"
    )
}

/// The condition that `value`, said in a directory, names them: there by whatever they are called, elsewhere by an address.
fn means_them(value: &str) -> String {
    format!(
        "(lower({value}) IN {THEIR_ADDRESSES} OR lower({value}) IN {THEIRS}
          AND integration_id IN (SELECT integration_id FROM temp.erased_ids))"
    )
}

/// Their own lines, and those of their places in groups.
fn empty_history(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(&format!(
        "UPDATE changes SET label = NULL, before = CASE WHEN field IN {IMPERSONAL} THEN before END,
             after = CASE WHEN field IN {IMPERSONAL} THEN after END
         WHERE subject = 'user' AND subject_id IN (SELECT id FROM temp.erased);
         UPDATE changes SET label = NULL,
             before = CASE WHEN lower(before) NOT IN (SELECT name FROM temp.erased_names) THEN before END,
             after = CASE WHEN lower(after) NOT IN (SELECT name FROM temp.erased_names) THEN after END
         WHERE id IN (
             SELECT c.id FROM temp.erased_ids e
             CROSS JOIN changes c ON c.external_id = e.external_id AND c.integration_id = e.integration_id
             WHERE c.subject = 'membership');
         UPDATE run_notes SET reason = 'erased'
         WHERE external_id IN (SELECT external_id FROM temp.erased_ids)
           AND {};",
        stands_in("reason", "temp.erased_names")
    ))
}

/// Who had which device stays, by internal id; what names them goes, and so do the words about it.
fn empty_devices(db: &Connection, present: bool) -> rusqlite::Result<()> {
    db.execute_batch(&format!(
        "UPDATE changes SET
             before = CASE WHEN lower(before) NOT IN (SELECT name FROM temp.erased_names) THEN before END,
             after = CASE WHEN lower(after) NOT IN (SELECT name FROM temp.erased_names) THEN after END
         WHERE subject = 'device' AND field = 'user' AND subject_id IN (
             SELECT a.device_id FROM temp.erased e CROSS JOIN assignments a ON a.user_id = e.id);
         UPDATE assignments SET reason = NULL, end_reason = NULL
         WHERE user_id IN (SELECT id FROM temp.erased) AND (reason IS NOT NULL OR end_reason IS NOT NULL);
         -- Why somebody lost a device is often who was to have it: whoever had it just before.
         UPDATE assignments SET end_reason = NULL
         WHERE end_reason IS NOT NULL AND id IN (
             SELECT (SELECT max(x.id) FROM assignments x WHERE x.device_id = y.device_id AND x.id < y.id)
             FROM temp.erased e CROSS JOIN assignments y ON y.user_id = e.id);
         DELETE FROM device_evidence WHERE value_key IN {THEIRS};
         DELETE FROM device_logins WHERE value_key IN {THEIRS};",
    ))?;
    if !present {
        return Ok(());
    }
    // In whose words else they stand. For few people only: each word is looked through for each of their names; about
    // devices that were never theirs, for their addresses, since a short name is part of many a word.
    let named = |words: &str| stands_in(words, THEIR_ADDRESSES);
    let called = |words: &str| stands_in(words, "temp.erased_names");
    db.execute_batch(&format!(
        "UPDATE assignments SET reason = CASE WHEN NOT {} THEN reason END,
             end_reason = CASE WHEN NOT {} THEN end_reason END
         WHERE reason LIKE '%@%' OR end_reason LIKE '%@%';
         UPDATE assignments SET
             reason = CASE WHEN NOT {} THEN reason END, end_reason = CASE WHEN NOT {} THEN end_reason END
         WHERE (reason IS NOT NULL OR end_reason IS NOT NULL) AND device_id IN (
             SELECT y.device_id FROM temp.erased e CROSS JOIN assignments y ON y.user_id = e.id);
         UPDATE device_evidence SET reason = NULL WHERE reason IS NOT NULL AND {};",
        named("reason"),
        named("end_reason"),
        called("reason"),
        called("end_reason"),
        called("reason"),
    ))
}

/// Where other people and groups name them, in whatever directory. What a directory says of others, or of its groups, at
/// present goes only if `present` is set: as long as it says so, its next listing says it again, and is read for that.
fn empty_others(db: &Connection, present: bool, at: &str) -> rusqlite::Result<()> {
    let (before, after) = (means_them("before"), means_them("after"));
    db.execute_batch(&format!(
        "UPDATE changes SET before = CASE WHEN NOT {before} THEN before END, after = CASE WHEN NOT {after} THEN after END
         WHERE subject = 'user' AND field = 'manager' AND ({before} OR {after});
         DROP TABLE IF EXISTS temp.erased_members;
         CREATE TEMP TABLE erased_members (group_id INTEGER NOT NULL, member_external_id TEXT NOT NULL,
             PRIMARY KEY (group_id, member_external_id)) WITHOUT ROWID;
         INSERT INTO temp.erased_members
         SELECT m.group_id, m.member_external_id FROM temp.erased_ids e
         CROSS JOIN memberships m ON m.member_external_id = e.external_id AND m.email IS NOT NULL
         CROSS JOIN groups g ON g.id = m.group_id AND g.integration_id = e.integration_id;"
    ))?;
    if present {
        // For few people only: memberships and their history are looked through from one end to the other.
        db.execute_batch(&format!(
            "INSERT OR IGNORE INTO temp.erased_members
             SELECT group_id, member_external_id FROM memberships WHERE lower(email) IN {THEIR_ADDRESSES};
             UPDATE changes SET label = CASE WHEN lower(label) NOT IN {THEIR_ADDRESSES} THEN label END,
                 before = CASE WHEN lower(before) NOT IN {THEIR_ADDRESSES} THEN before END,
                 after = CASE WHEN lower(after) NOT IN {THEIR_ADDRESSES} THEN after END
             WHERE subject = 'membership' AND (lower(label) IN {THEIR_ADDRESSES}
                 OR lower(before) IN {THEIR_ADDRESSES} OR lower(after) IN {THEIR_ADDRESSES});
             UPDATE run_notes SET reason = 'erased'
             WHERE {};",
            stands_in("run_notes.reason", THEIR_ADDRESSES)
        ))?;
        forget_manager(db, at)?;
    }
    db.execute_batch(
        "UPDATE memberships SET email = NULL
         WHERE member_external_id IN (SELECT member_external_id FROM temp.erased_members)
           AND EXISTS (SELECT 1 FROM temp.erased_members e WHERE e.group_id = memberships.group_id
                           AND e.member_external_id = memberships.member_external_id);
         UPDATE groups SET members_hash = NULL WHERE id IN (SELECT group_id FROM temp.erased_members);
         DROP TABLE temp.erased_members;",
    )
}

/// Takes their names out of what is said of those who report to them.
fn forget_manager(db: &Connection, at: &str) -> rusqlite::Result<()> {
    db.execute_batch(&format!(
        "DROP TABLE IF EXISTS temp.erased_reports;
         CREATE TEMP TABLE erased_reports AS SELECT id FROM users WHERE {};",
        means_them("manager")
    ))?;
    forget_managers_of_resources(db, at)?;
    db.execute_batch(
        "UPDATE users SET manager = NULL, content_hash = NULL WHERE id IN (SELECT id FROM temp.erased_reports);
         DROP TABLE temp.erased_reports;",
    )
}

fn empty_people(db: &Connection, at: &str) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE users SET email = NULL, user_name = NULL, display_name = NULL, given_name = NULL, family_name = NULL,
             title = NULL, department = NULL, cost_center = NULL, manager = NULL, employee_id = NULL, phone = NULL,
             location = NULL, org_unit = NULL, aliases = '[]', is_admin = 0, attributes = NULL, source = NULL,
             content_hash = NULL, last_groups = NULL, emptied_at = ?1, updated_at = ?1
         WHERE id IN (SELECT id FROM temp.erased)",
        params![at],
    )?;
    Ok(())
}
