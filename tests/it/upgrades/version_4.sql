-- Devices with all that is known of them, what speaks for a holder, and who gave a device to whom and why. Changes may
-- now be about what belongs to no directory (a device nobody holds) and name who made them.

ALTER TABLE devices ADD COLUMN serial_key TEXT AS (upper(trim(serial))) VIRTUAL; -- by which it is known; unique among those not taken out
ALTER TABLE devices ADD COLUMN name TEXT;         -- name people see
ALTER TABLE devices ADD COLUMN platform TEXT;     -- mac, windows, ios …, as told
ALTER TABLE devices ADD COLUMN model TEXT;        -- model, as told
ALTER TABLE devices ADD COLUMN asset_tag TEXT;    -- inventory number
ALTER TABLE devices ADD COLUMN blueprint TEXT;    -- what the device manager sets it up by
ALTER TABLE devices ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'; -- JSON array, in order
ALTER TABLE devices ADD COLUMN shared INTEGER NOT NULL DEFAULT 0; -- 1: nobody's in particular, only assigned by command
ALTER TABLE devices ADD COLUMN udid TEXT;         -- hardware id of Apple's
ALTER TABLE devices ADD COLUMN imei TEXT;         -- telephone's number
ALTER TABLE devices ADD COLUMN mdm_id TEXT;       -- its id in the device manager
ALTER TABLE devices ADD COLUMN enrolled_at TEXT;  -- when it came under management
ALTER TABLE devices ADD COLUMN last_seen_at TEXT; -- when the device manager last heard of it
ALTER TABLE devices ADD COLUMN created_at TEXT;   -- when it came here; NULL: before this was noted
ALTER TABLE devices ADD COLUMN updated_at TEXT;   -- when a field last changed; NULL: before this was noted

-- Two that differed only in case stay two.
UPDATE devices SET serial = serial || ' #' || id
WHERE EXISTS (SELECT 1 FROM devices o
              WHERE o.serial_key = devices.serial_key AND o.id < devices.id AND o.removed_at IS NULL)
  AND removed_at IS NULL;
DROP INDEX devices_serial;
CREATE UNIQUE INDEX devices_key ON devices (serial_key) WHERE removed_at IS NULL;
CREATE INDEX devices_key_ever ON devices (serial_key);

ALTER TABLE assignments ADD COLUMN source TEXT NOT NULL DEFAULT 'manual'; -- manual, import, adopt, rule:NAME
ALTER TABLE assignments ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0; -- 1: no rule and no plain import changes it
ALTER TABLE assignments ADD COLUMN reason TEXT;     -- why, in the words of whoever did it
ALTER TABLE assignments ADD COLUMN actor TEXT;      -- operating-system user who did it; NULL: a run
ALTER TABLE assignments ADD COLUMN run_id INTEGER REFERENCES runs (id); -- run that did it
ALTER TABLE assignments ADD COLUMN end_source TEXT; -- what ended it: manual, import, rule:NAME
ALTER TABLE assignments ADD COLUMN end_reason TEXT; -- why it ended, in their words
ALTER TABLE assignments ADD COLUMN end_actor TEXT;  -- operating-system user who ended it
CREATE INDEX assignments_device ON assignments (device_id, id);
CREATE INDEX assignments_user ON assignments (user_id, id);

-- What speaks for somebody as the holder, as it was told and whether or not it means anybody here.
CREATE TABLE device_evidence (
    device_id      INTEGER NOT NULL REFERENCES devices (id), -- of which device
    kind           TEXT NOT NULL, -- expected_user, enrolled_by, last_user
    value          TEXT NOT NULL, -- whom it names, as told
    value_key      TEXT NOT NULL, -- the same in lower case (a-z)
    is_external_id INTEGER NOT NULL DEFAULT 0, -- 1: the value is the directory's id of the person and nothing else
    integration_id INTEGER REFERENCES integrations (id), -- the directory it was said to be of
    observed_at    TEXT NOT NULL, -- when it was so
    source         TEXT NOT NULL, -- manual, import
    waiting        INTEGER NOT NULL DEFAULT 0, -- 1: the person gets the device as soon as they are here
    pinned         INTEGER NOT NULL DEFAULT 0, -- of a waiting one: the assignment is to be pinned
    reason         TEXT,          -- of a waiting one: the assignment's reason
    PRIMARY KEY (device_id, kind, value_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_evidence_value ON device_evidence (value_key, kind);
CREATE INDEX device_evidence_waiting ON device_evidence (device_id) WHERE waiting = 1;

CREATE INDEX users_user_name ON users (lower(user_name));

DROP VIEW v1_changes;
CREATE TABLE changes_4 (
    id             INTEGER PRIMARY KEY, -- order of application
    run_id         INTEGER REFERENCES runs (id), -- run that applied it; NULL: a command did
    integration_id INTEGER REFERENCES integrations (id), -- whose; NULL: of a device, apart from its holders
    at             TEXT NOT NULL, -- when
    subject        TEXT NOT NULL, -- user, group, membership, device
    subject_id     INTEGER NOT NULL, -- internal id of the user, group (of a membership: its group) or device
    external_id    TEXT NOT NULL, -- the directory's id (of a membership: the member's; of a device: its serial number)
    label          TEXT,          -- address or name at the time (of a membership: the member's)
    kind           TEXT NOT NULL, -- joined, changed, left, missing, returned, retained, assigned, unassigned
    field          TEXT,          -- field that changed (of a membership: the group's address or name)
    before         TEXT,          -- value before (of an unassigned device: who had it)
    after          TEXT,          -- value after (of an assigned device: who has it)
    actor          TEXT           -- operating-system user whose command it was
) STRICT;
INSERT INTO changes_4 (id, run_id, integration_id, at, subject, subject_id, external_id, label, kind, field, before, after)
SELECT id, run_id, integration_id, at, subject, subject_id, external_id, label, kind, field, before, after FROM changes;
DROP TABLE changes;
ALTER TABLE changes_4 RENAME TO changes;
CREATE INDEX changes_subject ON changes (subject_id, subject);
CREATE INDEX changes_former_email ON changes (lower(before)) WHERE subject = 'user' AND field = 'email';
CREATE INDEX changes_member ON changes (external_id) WHERE subject = 'membership';
CREATE INDEX changes_at ON changes (at);
CREATE INDEX changes_run ON changes (run_id);
CREATE INDEX changes_losses ON changes (integration_id, at)
WHERE subject = 'user' AND kind IN ('left', 'missing', 'retained') AND before IN ('active', 'suspended');

CREATE VIEW v1_changes AS
SELECT c.at, i.name AS integration, c.run_id AS run, c.subject, c.subject_id AS id, c.external_id, c.label, c.kind,
       c.field, c.before, c.after
FROM changes c LEFT JOIN integrations i ON i.id = c.integration_id;

-- Every device there ever was, with its holder.
CREATE VIEW device_rows AS
SELECT d.id, d.serial, u.email AS user_email, d.name, d.platform, d.model, d.asset_tag, d.blueprint, d.tags, d.shared,
       d.udid, d.imei, d.mdm_id, u.id AS user_id, u.display_name AS user_display_name, u.status AS user_status,
       i.name AS user_integration, a.started_at AS assigned_at, a.source AS assignment_source,
       coalesce(a.pinned, 0) AS pinned,
       (SELECT e.value FROM device_evidence e
        WHERE e.device_id = d.id AND e.kind = 'expected_user' AND e.waiting = 1) AS waiting_for,
       d.enrolled_at, d.last_seen_at, d.created_at, d.updated_at, d.removed_at, d.serial_key
FROM devices d
LEFT JOIN assignments a ON a.device_id = d.id AND a.ended_at IS NULL
LEFT JOIN users u ON u.id = a.user_id LEFT JOIN integrations i ON i.id = u.integration_id;

DROP VIEW v1_devices;
CREATE VIEW v1_devices AS
SELECT id, serial, user_email, name, platform, model, asset_tag, blueprint, tags, shared, udid, imei, mdm_id, user_id,
       user_display_name, user_status, user_integration, assigned_at, assignment_source, pinned, waiting_for, enrolled_at,
       last_seen_at, created_at, updated_at
FROM device_rows WHERE removed_at IS NULL;
