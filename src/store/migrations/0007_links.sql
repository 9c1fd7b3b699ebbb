-- People of whom somebody has decided whether they are one person, although the directories' ids say they are two.

CREATE TABLE links (
    kept_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, -- who was kept, or is remembered
    present_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, -- who is there now
    verdict    TEXT NOT NULL, -- same: their devices went to who is there; different: they are two people
    decided_at TEXT NOT NULL, -- when
    decided_by TEXT,          -- operating-system user who decided
    PRIMARY KEY (kept_id, present_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_present ON links (present_id);

-- Sign-in names people had once, as changes_former_email has their addresses.
CREATE INDEX changes_former_user_name ON changes (lower(before)) WHERE subject = 'user' AND field = 'user_name';
