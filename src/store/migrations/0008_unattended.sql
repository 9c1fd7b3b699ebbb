-- Unattended: what was last told of each integration where nobody watches, and whom to tell that its syncs are alive.

CREATE TABLE unattended (
    integration_id INTEGER NOT NULL PRIMARY KEY REFERENCES integrations (id), -- whose
    told           TEXT, -- the standing trouble that was told last: sign_in_needed, held, away …; NULL: none
    told_at        TEXT, -- when
    ping_url       TEXT  -- address that is asked for at the start and at the end of a sync; as good as a secret
) STRICT;

-- Whoever is deleted is neither told of nor pinged any more.
CREATE TRIGGER unattended_ends AFTER UPDATE OF deleted_at ON integrations WHEN NEW.deleted_at IS NOT NULL
BEGIN
    DELETE FROM unattended WHERE integration_id = NEW.id;
END;
