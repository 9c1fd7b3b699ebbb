-- The first schema: integrations, people, groups, memberships, history, runs, held plans, secrets.
-- Times are RFC 3339 in UTC with seconds ("2026-11-24T08:00:00Z"), so that they sort as text.
-- The tables are ours to change; other programs read the v1_* views.

CREATE TABLE settings (
    key   TEXT NOT NULL PRIMARY KEY, -- what is remembered: key_store, key_store_place, key_id
    value TEXT NOT NULL              -- its value
) STRICT, WITHOUT ROWID;

CREATE TABLE integrations (
    id                INTEGER PRIMARY KEY AUTOINCREMENT, -- stays with a tenant for ever: adding it again revives the row
    name              TEXT NOT NULL,    -- as the administrator wrote it
    name_key          TEXT NOT NULL,    -- lower case, for uniqueness
    kind              TEXT NOT NULL,    -- the provider's word
    tenant            TEXT NOT NULL,    -- the vendor's immutable id of the organisation
    tenant_label      TEXT,             -- primary domain or the organisation's name
    standing          TEXT NOT NULL,    -- connected, sign_in_needed, consent_needed, blocked, misconfigured
    standing_reason   TEXT,             -- one sentence, when not connected
    admin_email       TEXT,             -- account that signed in or is impersonated
    admin_subject     TEXT,             -- its immutable id at the sign-in service
    credentials       TEXT NOT NULL,    -- JSON: method, client id, granted scopes …; nothing secret
    interval_seconds  INTEGER NOT NULL, -- time between syncs
    created_at        TEXT NOT NULL,    -- when added (for the last time)
    signed_in_at      TEXT,             -- last add or reauth
    last_sync_at      TEXT,             -- start of the last complete fetch
    last_sync_outcome TEXT,             -- done, partial, held, failed: of the last run
    deleted_at        TEXT              -- set when deleted: name free, people retained or removed
) STRICT;
CREATE UNIQUE INDEX integrations_live_name ON integrations (name_key) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX integrations_tenant ON integrations (kind, tenant);

CREATE TABLE domains (
    integration_id INTEGER NOT NULL REFERENCES integrations (id), -- whose
    domain         TEXT NOT NULL,                                 -- lower-case mail domain its people were seen with
    PRIMARY KEY (integration_id, domain)
) STRICT, WITHOUT ROWID;

CREATE TABLE secrets (
    integration_id INTEGER NOT NULL REFERENCES integrations (id), -- whose
    kind           TEXT NOT NULL, -- refresh_token, client_secret, private_key …
    sealed         BLOB NOT NULL, -- nonce and AES-256-GCM ciphertext, bound to integration and kind
    key_id         TEXT NOT NULL, -- which master key sealed it
    updated_at     TEXT NOT NULL, -- when stored
    PRIMARY KEY (integration_id, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id             INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused; devices and history point here
    integration_id INTEGER NOT NULL REFERENCES integrations (id), -- where they come from
    external_id    TEXT NOT NULL, -- the directory's immutable id
    status         TEXT NOT NULL, -- active, suspended, missing, retained, removed
    status_reason  TEXT,          -- why suspended or retained
    status_before  TEXT,          -- active or suspended: what a missing person was
    email          TEXT,          -- primary address as given
    user_name      TEXT,          -- sign-in name as given
    display_name   TEXT,          -- name people see
    given_name     TEXT,          -- first name
    family_name    TEXT,          -- last name
    title          TEXT,          -- job title
    department     TEXT,          -- department
    cost_center    TEXT,          -- cost centre
    manager        TEXT,          -- manager as the directory names them
    employee_id    TEXT,          -- employer's number
    phone          TEXT,          -- telephone
    location       TEXT,          -- place of work
    org_unit       TEXT,          -- org unit path
    aliases        TEXT NOT NULL DEFAULT '[]', -- JSON array of other addresses
    is_admin       INTEGER NOT NULL DEFAULT 0, -- 1: may administer the directory
    attributes     TEXT,          -- JSON object of whatever else is kept
    content_hash   BLOB,          -- of all the directory said, to see cheaply that nothing changed
    created_at     TEXT NOT NULL, -- first seen
    updated_at     TEXT NOT NULL, -- last changed
    removed_at     TEXT           -- when it became a tombstone; personal fields are emptied 30 days later
) STRICT;
CREATE UNIQUE INDEX users_external ON users (integration_id, external_id);
CREATE INDEX users_email ON users (lower(email));
CREATE INDEX users_status ON users (integration_id, status);

CREATE TABLE groups (
    id             INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused; history points here
    integration_id INTEGER NOT NULL REFERENCES integrations (id), -- where it comes from
    external_id    TEXT NOT NULL, -- the directory's immutable id
    name           TEXT,          -- name people see; not unique
    email          TEXT,          -- address
    description    TEXT,          -- what it is for
    kind           TEXT,          -- sort of group, where the directory has sorts
    aliases        TEXT NOT NULL DEFAULT '[]', -- JSON array of other addresses
    content_hash   BLOB,          -- of all the directory said about the group itself
    members_hash   BLOB,          -- of its direct members, without regard to order; NULL: never read whole
    member_count   INTEGER NOT NULL DEFAULT 0, -- number of direct members
    created_at     TEXT NOT NULL, -- first seen
    updated_at     TEXT NOT NULL  -- last changed (the group itself, not its members)
) STRICT;
CREATE UNIQUE INDEX groups_external ON groups (integration_id, external_id);

CREATE TABLE memberships (
    group_id           INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE, -- the group
    member_external_id TEXT NOT NULL, -- the member's immutable id; may be unknown here
    kind               TEXT NOT NULL, -- user, group, everyone, external, other: as the directory gives it
    email              TEXT,          -- the address it is listed by
    role               TEXT,          -- owner, manager, member …
    PRIMARY KEY (group_id, member_external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_member ON memberships (member_external_id);

CREATE TABLE devices (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused
    serial     TEXT NOT NULL,                     -- serial number
    removed_at TEXT                               -- set when taken out; history keeps the row
) STRICT;
CREATE UNIQUE INDEX devices_serial ON devices (serial) WHERE removed_at IS NULL;

CREATE TABLE assignments (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused
    device_id  INTEGER NOT NULL REFERENCES devices (id), -- which device
    user_id    INTEGER NOT NULL REFERENCES users (id),   -- whose; by internal id, so that no rename loses it
    started_at TEXT NOT NULL,                     -- since when
    ended_at   TEXT                               -- until when; NULL: now
) STRICT;
CREATE UNIQUE INDEX assignments_open ON assignments (device_id) WHERE ended_at IS NULL;
CREATE INDEX assignments_holder ON assignments (user_id) WHERE ended_at IS NULL;

CREATE TABLE runs (
    id             INTEGER PRIMARY KEY AUTOINCREMENT, -- number
    integration_id INTEGER NOT NULL REFERENCES integrations (id), -- of what
    trigger        TEXT NOT NULL, -- sync, approval
    started_at     TEXT NOT NULL, -- when it began
    ended_at       TEXT NOT NULL, -- when it ended
    outcome        TEXT NOT NULL, -- done, partial, held, failed
    error          TEXT,          -- why it failed
    counts         TEXT NOT NULL  -- JSON: {"users": {...}, "groups": {...}, "memberships": {...}}
) STRICT;
CREATE INDEX runs_integration ON runs (integration_id, id);

CREATE TABLE run_notes (
    run_id      INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, -- which run
    subject     TEXT NOT NULL,    -- user, group, membership
    external_id TEXT,             -- the directory's id, if it could be read
    refused     INTEGER NOT NULL, -- 1: set aside; 0: only worth knowing
    reason      TEXT NOT NULL     -- why
) STRICT;
CREATE INDEX run_notes_run ON run_notes (run_id);

CREATE TABLE changes (
    id             INTEGER PRIMARY KEY, -- order of application
    run_id         INTEGER REFERENCES runs (id), -- run that applied it; NULL: a command did (delete)
    integration_id INTEGER NOT NULL REFERENCES integrations (id), -- whose
    at             TEXT NOT NULL, -- when
    subject        TEXT NOT NULL, -- user, group, membership, device
    subject_id     INTEGER NOT NULL, -- internal id of the user, group (of a membership: its group) or device
    external_id    TEXT NOT NULL, -- the directory's id (of a membership: the member's)
    label          TEXT,          -- address or name at the time (of a membership: the member's)
    kind           TEXT NOT NULL, -- joined, changed, left, missing, returned, retained
    field          TEXT,          -- field that changed (of a membership: the group's address or name)
    before         TEXT,          -- value before
    after          TEXT           -- value after
) STRICT;
CREATE INDEX changes_subject ON changes (subject_id, subject);
CREATE INDEX changes_former_email ON changes (lower(before)) WHERE subject = 'user' AND field = 'email';
CREATE INDEX changes_member ON changes (external_id) WHERE subject = 'membership';
CREATE INDEX changes_at ON changes (at);

CREATE TABLE plans (
    id             INTEGER PRIMARY KEY AUTOINCREMENT, -- number
    integration_id INTEGER NOT NULL REFERENCES integrations (id), -- of what
    run_id         INTEGER NOT NULL REFERENCES runs (id), -- run that held it
    created_at     TEXT NOT NULL, -- when
    state          TEXT NOT NULL, -- held, approved, discarded, replaced
    decided_at     TEXT,          -- when decided
    decided_by     TEXT           -- operating-system user who decided
) STRICT;
CREATE UNIQUE INDEX plans_held ON plans (integration_id) WHERE state = 'held';

CREATE TABLE plan_items (
    plan_id       INTEGER NOT NULL REFERENCES plans (id) ON DELETE CASCADE, -- which plan
    user_id       INTEGER NOT NULL REFERENCES users (id), -- who
    action        TEXT NOT NULL, -- remove, suspend
    evidence      TEXT NOT NULL, -- directory: it says so itself; absent: not in the listing
    status_then   TEXT NOT NULL, -- the person's status when held; another one now means the plan no longer holds
    status_reason TEXT,          -- reason to store with a suspension
    PRIMARY KEY (plan_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE VIEW v1_users AS
SELECT u.id, i.name AS integration, u.external_id, u.email, u.user_name, u.display_name, u.given_name, u.family_name,
       u.status, u.title, u.department, u.cost_center, u.manager, u.employee_id, u.phone, u.location, u.org_unit,
       u.aliases, u.is_admin,
       (SELECT json_group_array(label) FROM (
            SELECT coalesce(g.email, g.name, g.external_id) AS label
            FROM memberships m JOIN groups g ON g.id = m.group_id
            WHERE m.member_external_id = u.external_id AND g.integration_id = u.integration_id
            ORDER BY 1)) AS groups,
       (SELECT json_group_array(serial) FROM (
            SELECT d.serial FROM assignments a JOIN devices d ON d.id = a.device_id
            WHERE a.user_id = u.id AND a.ended_at IS NULL ORDER BY 1)) AS devices,
       u.created_at, u.updated_at
FROM users u JOIN integrations i ON i.id = u.integration_id;

CREATE VIEW v1_groups AS
SELECT g.id, i.name AS integration, g.external_id, g.name, g.email, g.description, g.kind, g.member_count AS members
FROM groups g JOIN integrations i ON i.id = g.integration_id;

-- A member listed as a person but unknown here is from outside unless its address is of one of our own domains.
CREATE VIEW v1_memberships AS
SELECT i.name AS integration, g.external_id AS group_external_id, m.member_external_id,
       CASE WHEN m.kind = 'user'
             AND NOT EXISTS (SELECT 1 FROM users u
                             WHERE u.integration_id = g.integration_id AND u.external_id = m.member_external_id)
             AND NOT EXISTS (SELECT 1 FROM domains d
                             WHERE d.integration_id = g.integration_id
                               AND d.domain = lower(substr(m.email, instr(m.email, '@') + 1)))
            THEN 'external' ELSE m.kind END AS member_kind,
       m.email AS member_email, m.role
FROM memberships m JOIN groups g ON g.id = m.group_id JOIN integrations i ON i.id = g.integration_id;

CREATE VIEW v1_devices AS
SELECT d.id, d.serial,
       (SELECT u.email FROM assignments a JOIN users u ON u.id = a.user_id
        WHERE a.device_id = d.id AND a.ended_at IS NULL) AS user_email
FROM devices d WHERE d.removed_at IS NULL;

CREATE VIEW v1_changes AS
SELECT c.at, i.name AS integration, c.run_id AS run, c.subject, c.subject_id AS id, c.external_id, c.label, c.kind,
       c.field, c.before, c.after
FROM changes c JOIN integrations i ON i.id = c.integration_id;

CREATE VIEW v1_runs AS
SELECT r.id, i.name AS integration, r.started_at, r.ended_at, r.outcome,
       json_extract(r.counts, '$.users.added') AS added, json_extract(r.counts, '$.users.changed') AS changed,
       json_extract(r.counts, '$.users.unchanged') AS unchanged, json_extract(r.counts, '$.users.removed') AS removed,
       json_extract(r.counts, '$.users.held') AS held, json_extract(r.counts, '$.users.refused') AS refused
FROM runs r JOIN integrations i ON i.id = r.integration_id;
