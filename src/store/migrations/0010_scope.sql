-- Which of a directory's people come in. users.status has one more value, out_of_scope: the directory has them, and the
-- scope leaves them out; users.status_before says what they are there, active or suspended.

ALTER TABLE integrations ADD COLUMN scope TEXT; -- JSON: {"org_units": [...], "groups": [ids], "exclude_suspended": bool}; NULL: everybody
ALTER TABLE users ADD COLUMN scoped_out INTEGER NOT NULL DEFAULT 0; -- of a missing person: 1: was out of scope, so that no guard counts their loss

-- Nothing of it outlives its integration: a directory that is added again begins with everybody.
CREATE TRIGGER scope_ends AFTER UPDATE OF deleted_at ON integrations WHEN NEW.deleted_at IS NOT NULL AND NEW.scope IS NOT NULL
BEGIN
    UPDATE integrations SET scope = NULL WHERE id = NEW.id;
END;
