-- Wrong passwords given to a session that is open: the fifth ends it.
ALTER TABLE sessions ADD COLUMN wrong_passwords INTEGER NOT NULL DEFAULT 0;

-- Networks that a person logged in from, so that a log-in from a new one is told by mail.
CREATE TABLE known_networks (
    account_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    network TEXT NOT NULL,
    last_seen_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, user_id, network)
) STRICT;
