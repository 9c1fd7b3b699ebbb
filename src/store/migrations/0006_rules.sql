-- Rules that say whose a device is, how firm each assignment is, and who signed in on which device.

ALTER TABLE assignments ADD COLUMN rank INTEGER NOT NULL DEFAULT 10; -- 10: by hand; 20: by a list; a rule's: its priority; a rule replaces only what is higher
UPDATE assignments SET rank = 20 WHERE source = 'import';

CREATE TABLE device_logins (
    device_id      INTEGER NOT NULL REFERENCES devices (id), -- on which device
    value_key      TEXT NOT NULL, -- who signed in, in lower case (a-z)
    observed_at    TEXT NOT NULL, -- when
    value          TEXT NOT NULL, -- who, as told
    integration_id INTEGER REFERENCES integrations (id), -- the directory they were said to be of
    source         TEXT NOT NULL, -- manual
    PRIMARY KEY (device_id, value_key, observed_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_logins_value ON device_logins (value_key);

CREATE TABLE assignment_rules (
    name           TEXT NOT NULL, -- what it is called
    name_key       TEXT NOT NULL PRIMARY KEY, -- the same in lower case, for uniqueness
    priority       INTEGER NOT NULL, -- lower numbers are tried first, and are firmer
    enabled        INTEGER NOT NULL, -- 1: it is tried
    built_in       INTEGER NOT NULL DEFAULT 0, -- 1: it came with the program
    evidence       TEXT NOT NULL, -- what it believes: expected_user, enrolled_by, directory_owner, user_attr_serial, login, last_user
    match_fields   TEXT NOT NULL, -- JSON array, in order: external_id, email, upn, alias
    attribute      TEXT,          -- where a person's serial numbers stand
    device         TEXT NOT NULL DEFAULT '{}', -- JSON object: what it asks of a device
    person         TEXT NOT NULL DEFAULT '{}', -- JSON object: what it asks of a person, but for their directory
    integration_id INTEGER REFERENCES integrations (id), -- the directory they have to come from
    on_conflict    TEXT NOT NULL DEFAULT 'replace-lower-rank', -- only-unassigned, replace-lower-rank, replace-if-holder-inactive
    updated_at     TEXT           -- when it was last changed; NULL: never
) STRICT, WITHOUT ROWID;
INSERT INTO assignment_rules (name, name_key, priority, enabled, built_in, evidence, match_fields) VALUES
    ('serial-list', 'serial-list', 20, 1, 1, 'expected_user', '["external_id","email","upn","alias"]'),
    ('enrolment', 'enrolment', 30, 1, 1, 'enrolled_by', '["email","upn","alias"]'),
    ('directory-owner', 'directory-owner', 40, 1, 1, 'directory_owner', '["external_id","email","upn","alias"]'),
    ('serial-attribute', 'serial-attribute', 50, 0, 1, 'user_attr_serial', '[]'),
    ('usual-user', 'usual-user', 60, 0, 1, 'login', '["email","upn","alias"]'),
    ('last-user', 'last-user', 70, 0, 1, 'last_user', '["email","upn","alias"]');
