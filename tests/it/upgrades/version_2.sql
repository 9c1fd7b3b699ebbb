-- Directories that tell their changes: places in their streams, what was said of each object in the directory's own
-- words, and people who are gone there but keep their place in their groups until they are gone for good.

ALTER TABLE integrations ADD COLUMN tenant_domain TEXT; -- the organisation's default domain

-- Where a directory's streams of changes are to be taken up.
CREATE TABLE streams (
    integration_id INTEGER NOT NULL REFERENCES integrations (id), -- whose
    stream         TEXT NOT NULL, -- people, groups
    link           TEXT NOT NULL, -- the directory's own address for what changes from now on; opaque
    key            TEXT NOT NULL, -- what the link was made for; another one makes it worthless
    told_at        TEXT NOT NULL, -- when the round began that ended with this link
    whole_at       TEXT NOT NULL, -- when the last round of everything began
    changes_at     TEXT,          -- when the last round of changes alone began
    PRIMARY KEY (integration_id, stream)
) STRICT, WITHOUT ROWID;

ALTER TABLE users ADD COLUMN source TEXT;       -- JSON: all a directory of changes has said of the person
ALTER TABLE groups ADD COLUMN source TEXT;      -- JSON: all it has said of the group
ALTER TABLE groups ADD COLUMN attributes TEXT;  -- JSON object of whatever else is kept

CREATE INDEX changes_run ON changes (run_id);

-- A manager who is known here is shown by address, whatever the directory names managers by. Where groups tell their
-- changes (they have a source), a person who is gone keeps the memberships for a restore, and until then has none.
DROP VIEW v1_users;
CREATE VIEW v1_users AS
SELECT u.id, i.name AS integration, u.external_id, u.email, u.user_name, u.display_name, u.given_name, u.family_name,
       u.status, u.title, u.department, u.cost_center,
       coalesce((SELECT coalesce(b.email, b.user_name) FROM users b
                 WHERE b.integration_id = u.integration_id AND b.external_id = u.manager), u.manager) AS manager,
       u.employee_id, u.phone, u.location, u.org_unit, u.aliases, u.is_admin,
       (SELECT json_group_array(label) FROM (
            SELECT coalesce(g.email, g.name, g.external_id) AS label
            FROM memberships m JOIN groups g ON g.id = m.group_id
            WHERE m.member_external_id = u.external_id AND g.integration_id = u.integration_id
              AND (g.source IS NULL OR u.status NOT IN ('removed', 'retained'))
            ORDER BY 1)) AS groups,
       (SELECT json_group_array(serial) FROM (
            SELECT d.serial FROM assignments a JOIN devices d ON d.id = a.device_id
            WHERE a.user_id = u.id AND a.ended_at IS NULL ORDER BY 1)) AS devices,
       u.created_at, u.updated_at
FROM users u JOIN integrations i ON i.id = u.integration_id;

-- A member listed as a person, with an address, but unknown here is from outside unless its address is of one of our own
-- domains. A member who is gone and keeps the membership for a restore is hidden.
DROP VIEW v1_memberships;
CREATE VIEW v1_memberships AS
SELECT i.name AS integration, g.external_id AS group_external_id, m.member_external_id,
       CASE WHEN m.kind = 'user' AND u.id IS NULL AND m.email IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM domains d
                             WHERE d.integration_id = g.integration_id
                               AND d.domain = lower(substr(m.email, instr(m.email, '@') + 1)))
            THEN 'external' ELSE m.kind END AS member_kind,
       coalesce(m.email, u.email) AS member_email, m.role
FROM memberships m JOIN groups g ON g.id = m.group_id JOIN integrations i ON i.id = g.integration_id
LEFT JOIN users u ON m.kind = 'user' AND u.integration_id = g.integration_id
                 AND u.external_id = m.member_external_id
WHERE u.id IS NULL OR g.source IS NULL OR u.status NOT IN ('removed', 'retained');
