-- A newer invitation of the same address took its place.
ALTER TABLE invitations ADD COLUMN superseded_at INTEGER;

-- What a person revealed, for the dialog that deactivates them.
CREATE INDEX audit_log_by_actor ON audit_log (account_id, actor_id, action);
