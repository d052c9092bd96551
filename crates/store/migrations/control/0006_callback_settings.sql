-- What an account decided about its callbacks (callbacks.md 5).
-- The auth key over plain http to a public address: wait, send all the same, or refuse at creation.
ALTER TABLE accounts ADD COLUMN plain_http TEXT NOT NULL DEFAULT 'hold'
    CHECK (plain_http IN ('hold', 'send', 'refuse'));
-- JSON list of hosts that callbacks may go to; NULL: any public host.
ALTER TABLE accounts ADD COLUMN pinned_hosts TEXT;
-- JSON list of events beyond the original's.
ALTER TABLE accounts ADD COLUMN subscribed_events TEXT NOT NULL DEFAULT '[]';
-- While a callback auth key is rolled, the old one stays in the header that receivers know.
ALTER TABLE accounts ADD COLUMN old_key_first INTEGER NOT NULL DEFAULT 0;

-- What callbacks are signed with, per account and mode; at most three that run.
CREATE TABLE signing_secrets (
    account_id BLOB NOT NULL,
    secret_id BLOB NOT NULL,
    environment TEXT NOT NULL CHECK (environment IN ('live', 'test')),
    -- The last four characters of the symmetric secret.
    hint TEXT NOT NULL,
    -- The symmetric secret and the private key, sealed by the account's data key.
    sealed BLOB NOT NULL,
    public_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- NULL: the current one. A rolled one signs until then, and its row goes afterwards.
    expires_at INTEGER,
    PRIMARY KEY (account_id, secret_id)
) STRICT;
CREATE UNIQUE INDEX signing_secrets_current ON signing_secrets (account_id, environment)
    WHERE expires_at IS NULL;
CREATE INDEX signing_secrets_to_erase ON signing_secrets (expires_at)
    WHERE expires_at IS NOT NULL;
