-- The end of a life: since when somebody is retained, by whose word, with which groups at last; and whether a tombstone
-- has been emptied of all that is personal.

ALTER TABLE users ADD COLUMN retained_at TEXT; -- of a retained person: since when
ALTER TABLE users ADD COLUMN last_groups TEXT; -- of a missing or retained person: JSON array, the groups they were last in
ALTER TABLE users ADD COLUMN kept INTEGER NOT NULL DEFAULT 0; -- 1: retained by an administrator's word; stays without a device
ALTER TABLE users ADD COLUMN emptied_at TEXT;  -- of a tombstone: when its personal fields were erased
CREATE INDEX users_retained ON users (retained_at) WHERE status = 'retained';
CREATE INDEX users_to_empty ON users (removed_at) WHERE status = 'removed' AND emptied_at IS NULL;
-- What else names people in the history, to be found when they are forgotten.
CREATE INDEX changes_manager ON changes (integration_id) WHERE subject = 'user' AND field = 'manager';

UPDATE users SET retained_at = updated_at,
    last_groups = (SELECT json_group_array(label) FROM (
        SELECT coalesce(g.email, g.name, g.external_id) AS label
        FROM memberships m JOIN groups g ON g.id = m.group_id
        WHERE m.member_external_id = users.external_id AND g.integration_id = users.integration_id ORDER BY 1))
WHERE status = 'retained';

-- Of a retained person, the groups they were last in.
DROP VIEW v1_users;
CREATE VIEW v1_users AS
SELECT u.id, i.name AS integration, u.external_id, u.email, u.user_name, u.display_name, u.given_name, u.family_name,
       u.status, u.title, u.department, u.cost_center,
       coalesce((SELECT coalesce(b.email, b.user_name) FROM users b
                 WHERE b.integration_id = u.integration_id AND b.external_id = u.manager), u.manager) AS manager,
       u.employee_id, u.phone, u.location, u.org_unit, u.aliases, u.is_admin,
       CASE WHEN u.status = 'retained' THEN coalesce(u.last_groups, '[]')
            ELSE (SELECT json_group_array(label) FROM (
                SELECT coalesce(g.email, g.name, g.external_id) AS label
                FROM memberships m JOIN groups g ON g.id = m.group_id
                WHERE m.member_external_id = u.external_id AND g.integration_id = u.integration_id
                  AND (g.source IS NULL OR u.status <> 'removed')
                ORDER BY 1)) END AS groups,
       (SELECT json_group_array(serial) FROM (
            SELECT d.serial FROM assignments a JOIN devices d ON d.id = a.device_id
            WHERE a.user_id = u.id AND a.ended_at IS NULL ORDER BY 1)) AS devices,
       u.created_at, u.updated_at
FROM users u JOIN integrations i ON i.id = u.integration_id;
