//! Resources of people who are erased: nothing of them is left, and no group of a directory that pushes has them.

use rusqlite::Connection;

/// Takes the resources of the people in `temp.erased` away, and takes them out of the groups that clients made.
pub(in crate::store) fn forget_resources(db: &Connection, at: &str) -> rusqlite::Result<()> {
    db.execute_batch(
        "DROP TABLE IF EXISTS temp.left_groups;
         CREATE TEMP TABLE left_groups (group_id INTEGER NOT NULL, member_external_id TEXT NOT NULL, role TEXT,
             PRIMARY KEY (group_id, member_external_id)) WITHOUT ROWID;
         INSERT INTO temp.left_groups
         SELECT m.group_id, m.member_external_id, m.role FROM temp.erased_ids e
         CROSS JOIN memberships m ON m.member_external_id = e.external_id
         CROSS JOIN scim_groups s ON s.group_id = m.group_id AND s.integration_id = e.integration_id",
    )?;
    db.execute(
        "INSERT INTO changes (integration_id, at, subject, subject_id, external_id, kind, field, before)
         SELECT g.integration_id, ?1, 'membership', g.id, l.member_external_id, 'left',
                coalesce(g.email, g.name, g.external_id), l.role
         FROM temp.left_groups l CROSS JOIN groups g ON g.id = l.group_id ORDER BY g.id",
        [at],
    )?;
    db.execute_batch(
        "DELETE FROM memberships WHERE member_external_id IN (SELECT member_external_id FROM temp.left_groups)
           AND EXISTS (SELECT 1 FROM temp.left_groups l WHERE l.group_id = memberships.group_id
                           AND l.member_external_id = memberships.member_external_id);
         UPDATE groups SET members_hash = NULL, member_count = member_count - (
             SELECT count(*) FROM temp.left_groups l WHERE l.group_id = groups.id)
         WHERE id IN (SELECT group_id FROM temp.left_groups);
         DELETE FROM scim_users WHERE user_id IN (SELECT id FROM temp.erased);",
    )?;
    // Times of resources have milliseconds.
    db.execute(
        "UPDATE scim_groups SET version = version + 1, modified_at = max(modified_at, replace(?1, 'Z', '.000Z'))
         WHERE group_id IN (SELECT group_id FROM temp.left_groups)",
        [at],
    )?;
    db.execute_batch("DROP TABLE temp.left_groups")
}
