//! Resources of people who are erased: what is left is by what they are known again, and no group of a directory that
//! pushes has them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use rusqlite::{Connection, params};

/// What is left of a client's own id for somebody (`externalId`) who was erased. The id may be an address or a nickname
/// (Entra ID sends `mailNickname` unless told otherwise), so that it cannot stay; but it is all by which a client that
/// pushes them anew says who they are. A hash of it does that, and tells nothing to whoever does not have the id already.
pub(super) fn one_way(integration: i64, external_id: &str) -> String {
    let hash = digest(&SHA256, format!("{integration}/{external_id}").as_bytes());
    format!("sha256:{}", BASE64_URL_SAFE_NO_PAD.encode(hash))
}

/// Empties the resources of the people in `temp.erased`, and takes them out of the groups that clients made. Of a resource
/// that has an id of the client's the [`one_way`] form of it is left, deleted; any other goes.
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
         DELETE FROM scim_users WHERE external_id IS NULL AND user_id IN (SELECT id FROM temp.erased);
         DELETE FROM scim_emails WHERE user_id IN (SELECT id FROM temp.erased);",
    )?;
    empty_documents(db, at)?;
    db.execute(
        &format!(
            "UPDATE scim_groups SET version = version + 1, modified_at = max(modified_at, {IN_MILLISECONDS})
             WHERE group_id IN (SELECT group_id FROM temp.left_groups)"
        ),
        [at],
    )?;
    db.execute_batch("DROP TABLE temp.left_groups")
}

/// The time `?1` as resources have it.
const IN_MILLISECONDS: &str = "replace(?1, 'Z', '.000Z')";

/// Nobody who was emptied has a name, by which whoever is erased once more is left as they are.
fn empty_documents(db: &Connection, at: &str) -> rusqlite::Result<()> {
    let mut known = db.prepare_cached(
        "SELECT s.user_id, s.integration_id, s.external_id FROM temp.erased e
         CROSS JOIN scim_users s ON s.user_id = e.id WHERE s.user_name_key <> ''",
    )?;
    let known: Vec<(i64, i64, String)> =
        known.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut empty = db.prepare_cached(&format!(
        "UPDATE scim_users SET external_id = ?3, user_name_key = '', display_name_key = NULL, active = NULL,
             document = '', version = version + 1, modified_at = max(modified_at, {IN_MILLISECONDS}),
             deleted_at = coalesce(deleted_at, {IN_MILLISECONDS})
         WHERE user_id = ?2"
    ))?;
    for (user, integration, external_id) in known {
        empty.execute(params![at, user, one_way(integration, &external_id)])?;
    }
    Ok(())
}

/// Takes the manager out of the resources of the people in `temp.erased_reports`, whatever schema says who it is.
pub(in crate::store) fn forget_managers_of_resources(db: &Connection, at: &str) -> rusqlite::Result<()> {
    db.execute(
        &format!(
            "UPDATE scim_users SET version = version + 1, modified_at = max(modified_at, {IN_MILLISECONDS}),
                 document = coalesce((SELECT json_remove(document, e.fullkey || '.manager') FROM json_each(document) e
                                      WHERE e.type = 'object' AND json_type(e.value, '$.manager') IS NOT NULL), document)
             WHERE deleted_at IS NULL AND user_id IN (SELECT id FROM temp.erased_reports)"
        ),
        [at],
    )?;
    Ok(())
}
