-- Directories that push (SCIM): their tokens, and the resources they made, each beside its person or group. Times of
-- resources have milliseconds ("2026-11-24T08:00:00.000Z"), as clients compare them; other times have seconds.

ALTER TABLE integrations ADD COLUMN client TEXT; -- the program that pushes, as it last called itself (User-Agent)

CREATE TABLE scim_tokens (
    id             INTEGER PRIMARY KEY AUTOINCREMENT, -- number, to speak of it
    integration_id INTEGER NOT NULL REFERENCES integrations (id), -- what it opens
    hash           BLOB NOT NULL UNIQUE, -- SHA-256 of the token, which itself is nowhere
    created_at     TEXT NOT NULL,        -- when issued
    expires_at     TEXT,                 -- from when on it opens nothing; NULL: never
    last_used_at   TEXT                  -- when it last opened something
) STRICT;
CREATE INDEX scim_tokens_integration ON scim_tokens (integration_id);

CREATE TABLE scim_users (
    user_id          INTEGER NOT NULL PRIMARY KEY REFERENCES users (id), -- the person, who outlives the resource
    integration_id   INTEGER NOT NULL REFERENCES integrations (id), -- whose
    scim_id          TEXT NOT NULL,    -- the resource's id, as in users.external_id; another one after a return
    user_name_key    TEXT NOT NULL,    -- userName in lower case, for uniqueness, and to know a deleted one again
    external_id      TEXT,             -- the client's own id for the person, by which a deleted one is known again
    display_name_key TEXT,             -- displayName in lower case
    active           INTEGER,          -- 0, 1; NULL: not said
    document         TEXT NOT NULL,    -- JSON: the resource, but for what is computed; empty once deleted
    version          INTEGER NOT NULL, -- grows with every change
    created_at       TEXT NOT NULL,    -- when the resource was made
    modified_at      TEXT NOT NULL,    -- when it last changed
    deleted_at       TEXT              -- when the client deleted it; the person may live on
) STRICT;
CREATE UNIQUE INDEX scim_users_id ON scim_users (integration_id, scim_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX scim_users_name ON scim_users (integration_id, user_name_key) WHERE deleted_at IS NULL;
CREATE INDEX scim_users_gone ON scim_users (integration_id, user_name_key) WHERE deleted_at IS NOT NULL;
CREATE INDEX scim_users_external ON scim_users (integration_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX scim_users_display ON scim_users (integration_id, display_name_key) WHERE deleted_at IS NULL;
CREATE INDEX scim_users_created ON scim_users (integration_id, created_at) WHERE deleted_at IS NULL;
CREATE INDEX scim_users_modified ON scim_users (integration_id, modified_at) WHERE deleted_at IS NULL;
CREATE INDEX scim_users_order ON scim_users (integration_id) WHERE deleted_at IS NULL;

CREATE TABLE scim_emails (
    user_id        INTEGER NOT NULL REFERENCES scim_users (user_id) ON DELETE CASCADE, -- whose
    integration_id INTEGER NOT NULL REFERENCES integrations (id), -- of which directory
    value_key      TEXT NOT NULL, -- one of the resource's e-mail values, in lower case
    PRIMARY KEY (user_id, value_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX scim_emails_value ON scim_emails (integration_id, value_key);

CREATE TABLE scim_groups (
    group_id       INTEGER NOT NULL PRIMARY KEY REFERENCES groups (id) ON DELETE CASCADE, -- the group
    integration_id INTEGER NOT NULL REFERENCES integrations (id), -- whose
    scim_id        TEXT NOT NULL,    -- the resource's id, as in groups.external_id
    name_key       TEXT NOT NULL,    -- displayName in lower case; not unique
    external_id    TEXT,             -- the client's own id for the group
    document       TEXT NOT NULL,    -- JSON: the resource without its members, but for what is computed
    version        INTEGER NOT NULL, -- grows with every change, of its members too
    created_at     TEXT NOT NULL,    -- when the resource was made
    modified_at    TEXT NOT NULL     -- when it or its members last changed
) STRICT;
CREATE UNIQUE INDEX scim_groups_id ON scim_groups (integration_id, scim_id);
CREATE INDEX scim_groups_name ON scim_groups (integration_id, name_key);
CREATE INDEX scim_groups_external ON scim_groups (integration_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX scim_groups_order ON scim_groups (integration_id);
CREATE INDEX scim_groups_created ON scim_groups (integration_id, created_at);
CREATE INDEX scim_groups_modified ON scim_groups (integration_id, modified_at);

-- People lost lately: a directory that deletes many in a short time is asked about.
CREATE INDEX changes_losses ON changes (integration_id, at)
WHERE subject = 'user' AND kind IN ('left', 'missing', 'retained') AND before IN ('active', 'suspended');
