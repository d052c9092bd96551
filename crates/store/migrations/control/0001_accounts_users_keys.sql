CREATE TABLE accounts (
    account_id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- The account's data key, wrapped by the secrets file's wrap key of version wrap_version.
    data_key BLOB NOT NULL,
    wrap_version INTEGER NOT NULL,
    default_callback_url TEXT
) STRICT;

CREATE TABLE users (
    account_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'manager', 'member', 'labeler')),
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    deactivated_at INTEGER,
    PRIMARY KEY (account_id, user_id)
) STRICT;

-- Log-in knows an address before it knows an account, so addresses have a directory of their own.
CREATE TABLE email_addresses (
    email TEXT NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL,
    user_id BLOB NOT NULL
) STRICT;

-- A session is looked up by the digest of its cookie before its account is known.
CREATE TABLE sessions (
    session_digest BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_of_user ON sessions (account_id, user_id);

CREATE TABLE keys (
    account_id BLOB NOT NULL,
    key_id BLOB NOT NULL,
    environment TEXT NOT NULL CHECK (environment IN ('live', 'test')),
    kind TEXT NOT NULL CHECK (kind IN ('wb', 'wr', 'wc')),
    name TEXT NOT NULL,
    hint TEXT NOT NULL,
    digest BLOB NOT NULL,
    digest_version INTEGER NOT NULL,
    -- The sealed text, for Reveal; NULL where it cannot be shown.
    sealed BLOB,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'revoked')),
    created_at INTEGER NOT NULL,
    created_by BLOB,
    not_before INTEGER,
    expires_at INTEGER,
    revoked_at INTEGER,
    -- The key that a roll put in its place.
    replaced_by BLOB,
    last_used_at INTEGER,
    PRIMARY KEY (account_id, key_id)
) STRICT;

CREATE INDEX keys_by_digest ON keys (digest);

-- Prices that differ from the default list; micro-units per completed task.
CREATE TABLE prices (
    account_id BLOB NOT NULL,
    task_type TEXT NOT NULL,
    amount_micros INTEGER NOT NULL CHECK (amount_micros >= 0),
    PRIMARY KEY (account_id, task_type)
) STRICT;

-- HMACs by which a process with another secrets file is refused.
CREATE TABLE secret_fingerprints (
    entry TEXT NOT NULL,
    version INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (entry, version)
) STRICT;

-- One row; its lock puts the changes that processes hold in memory into one visible order.
CREATE TABLE feed_head (
    feed INTEGER NOT NULL PRIMARY KEY CHECK (feed = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO feed_head (feed, version) VALUES (1, 0);

-- Failed log-ins, for the throttle. `subject` is a digest of an address or an e-mail.
CREATE TABLE log_in_failures (
    subject BLOB NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;
