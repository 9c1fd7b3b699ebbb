-- The staging area of one run. It is thrown away at the end or after a crash, so nothing here is made durable.
PRAGMA stage.journal_mode = OFF;
PRAGMA stage.synchronous = OFF;
PRAGMA stage.locking_mode = EXCLUSIVE;
PRAGMA stage.cache_size = -8192;

CREATE TABLE stage.users ( -- people who are new or not as stored
    external_id TEXT NOT NULL, user_id INTEGER, was TEXT, status TEXT, status_reason TEXT, email TEXT, user_name TEXT,
    display_name TEXT, given_name TEXT, family_name TEXT, title TEXT, department TEXT, cost_center TEXT, manager TEXT,
    employee_id TEXT, phone TEXT, location TEXT, org_unit TEXT, aliases TEXT, is_admin INTEGER, attributes TEXT,
    content_hash BLOB,
    held INTEGER NOT NULL DEFAULT 0, -- 1: the suspension waits for approval
    held_reason TEXT                 -- its reason
);
CREATE UNIQUE INDEX stage.users_external ON users (external_id);
CREATE TABLE stage.seen_users (id INTEGER PRIMARY KEY); -- people present and unchanged
CREATE TABLE stage.kept_users (id INTEGER PRIMARY KEY); -- people present, their record set aside
CREATE TABLE stage.changed_users (id INTEGER PRIMARY KEY); -- known people in stage.users who really differ

CREATE TABLE stage.absent_users (
    id INTEGER PRIMARY KEY,
    was TEXT NOT NULL,      -- status until now
    evidence TEXT NOT NULL, -- directory, absent
    fate TEXT NOT NULL,     -- missing, removed, retained
    held INTEGER NOT NULL DEFAULT 0 -- 1: the removal waits for approval
);
CREATE TABLE stage.deleted_users (external_id TEXT PRIMARY KEY) WITHOUT ROWID; -- the directory itself says so

CREATE TABLE stage.groups (
    external_id TEXT NOT NULL, group_id INTEGER, name TEXT, email TEXT, description TEXT, kind TEXT, aliases TEXT,
    content_hash BLOB
);
CREATE UNIQUE INDEX stage.groups_external ON groups (external_id);
CREATE TABLE stage.seen_groups (id INTEGER PRIMARY KEY);
CREATE TABLE stage.kept_groups (id INTEGER PRIMARY KEY);
CREATE TABLE stage.changed_groups (id INTEGER PRIMARY KEY);
CREATE TABLE stage.absent_groups (id INTEGER PRIMARY KEY);

CREATE TABLE stage.member_lists (
    list_id INTEGER PRIMARY KEY,
    group_external_id TEXT NOT NULL UNIQUE,
    group_id INTEGER,                  -- NULL: a new group, until it is written
    is_new INTEGER NOT NULL DEFAULT 0, -- 1: the group was written by this very run
    state TEXT NOT NULL DEFAULT 'open', -- open, same, changed, failed
    members_hash BLOB,
    member_count INTEGER
);
CREATE TABLE stage.members ( -- members of changed lists
    list_id INTEGER NOT NULL, member_external_id TEXT NOT NULL, kind TEXT NOT NULL, email TEXT, role TEXT,
    PRIMARY KEY (list_id, member_external_id)
) WITHOUT ROWID;

CREATE TABLE stage.refused (subject TEXT NOT NULL, external_id TEXT, reason TEXT NOT NULL);
CREATE UNIQUE INDEX stage.refused_once ON refused (subject, external_id) WHERE external_id IS NOT NULL;
