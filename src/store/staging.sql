-- The staging area of one run.
CREATE TABLE stage.about (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID; -- what it was begun for, and the tally
CREATE TABLE stage.places ( -- of a directory that tells its changes
    stream TEXT PRIMARY KEY,
    state TEXT NOT NULL,    -- beginning, within, since
    link TEXT,              -- where the stream goes on
    whole INTEGER NOT NULL, -- 1: the round tells everything there is
    began_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE stage.users ( -- people who are new or not as stored
    external_id TEXT NOT NULL, user_id INTEGER, was TEXT, status TEXT, status_reason TEXT, email TEXT, user_name TEXT,
    display_name TEXT, given_name TEXT, family_name TEXT, title TEXT, department TEXT, cost_center TEXT, manager TEXT,
    employee_id TEXT, phone TEXT, location TEXT, org_unit TEXT, aliases TEXT, is_admin INTEGER, attributes TEXT,
    content_hash BLOB, source TEXT,
    held INTEGER NOT NULL DEFAULT 0, -- 1: the suspension waits for approval
    held_reason TEXT,                -- its reason
    status_before TEXT               -- of somebody the scope leaves out: what the directory says
);
CREATE UNIQUE INDEX stage.users_external ON users (external_id);
CREATE TABLE stage.seen_users (id INTEGER PRIMARY KEY); -- people present and unchanged
CREATE TABLE stage.kept_users (id INTEGER PRIMARY KEY); -- people present, their record set aside
CREATE TABLE stage.changed_users (id INTEGER PRIMARY KEY); -- known people in stage.users who really differ

CREATE TABLE stage.absent_users (
    id INTEGER PRIMARY KEY,
    was TEXT NOT NULL,      -- status until now
    evidence TEXT NOT NULL, -- directory, absent
    fate TEXT NOT NULL,     -- status from now on: missing, removed, retained
    reason TEXT,            -- its reason; NULL: as before
    kind TEXT,              -- line of history; NULL: nothing happens
    scoped_out INTEGER NOT NULL DEFAULT 0, -- 1: was out of scope, so that it is nobody's loss
    held INTEGER NOT NULL DEFAULT 0 -- 1: the removal waits for approval
);
CREATE TABLE stage.scope_moves ( -- people not staged who come into the scope or go out of it
    id INTEGER PRIMARY KEY, was TEXT NOT NULL, fate TEXT NOT NULL, kind TEXT NOT NULL
);
CREATE TABLE stage.deleted_users ( -- the directory itself says so
    external_id TEXT PRIMARY KEY,
    purged INTEGER NOT NULL DEFAULT 0 -- 1: for good
) WITHOUT ROWID;
CREATE TABLE stage.carried_items ( -- of the held plan, people of whom a round of changes said nothing
    user_id INTEGER PRIMARY KEY, action TEXT, evidence TEXT, status_then TEXT, status_reason TEXT
);

CREATE TABLE stage.groups (
    external_id TEXT NOT NULL, group_id INTEGER, name TEXT, email TEXT, description TEXT, kind TEXT, aliases TEXT,
    attributes TEXT, content_hash BLOB, source TEXT
);
CREATE UNIQUE INDEX stage.groups_external ON groups (external_id);
CREATE TABLE stage.seen_groups (id INTEGER PRIMARY KEY);
CREATE TABLE stage.kept_groups (id INTEGER PRIMARY KEY);
CREATE TABLE stage.changed_groups (id INTEGER PRIMARY KEY);
CREATE TABLE stage.absent_groups (id INTEGER PRIMARY KEY);
CREATE TABLE stage.deleted_groups (external_id TEXT PRIMARY KEY) WITHOUT ROWID; -- the directory itself says so
CREATE TABLE stage.touched_groups (id INTEGER PRIMARY KEY); -- groups whose number of members is to be looked at

CREATE TABLE stage.member_lists (
    list_id INTEGER PRIMARY KEY,
    group_external_id TEXT NOT NULL UNIQUE,
    group_id INTEGER,                  -- NULL: a new group, until it is written
    is_new INTEGER NOT NULL DEFAULT 0, -- 1: the group was written by this very run
    state TEXT NOT NULL DEFAULT 'open', -- open, same, changed (here is the whole list), partial (here is what came and went), failed
    members_hash BLOB,
    member_count INTEGER
);
CREATE INDEX stage.member_lists_group ON member_lists (group_id);
CREATE TABLE stage.members ( -- members of changed lists
    list_id INTEGER NOT NULL, member_external_id TEXT NOT NULL, kind TEXT NOT NULL, email TEXT, role TEXT,
    gone INTEGER NOT NULL DEFAULT 0, -- 1: no member any more
    PRIMARY KEY (list_id, member_external_id)
) WITHOUT ROWID;

CREATE TABLE stage.refused (subject TEXT NOT NULL, external_id TEXT, reason TEXT NOT NULL);
CREATE UNIQUE INDEX stage.refused_once ON refused (subject, external_id) WHERE external_id IS NOT NULL;
