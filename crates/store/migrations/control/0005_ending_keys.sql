-- When Admins and Managers were told by mail that a rolled key is about to end.
ALTER TABLE keys ADD COLUMN end_told_at INTEGER;
CREATE INDEX keys_ending ON keys (expires_at)
    WHERE expires_at IS NOT NULL AND end_told_at IS NULL;
