-- Sections by engine: what stands below a line that is `-- [sqlite]` or `-- [postgres]` alone is
-- for that engine, up to `-- [both]`.

ALTER TABLE accounts ADD COLUMN show_keys_once INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN keys_may_make_managers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN own_key_for_test_callbacks INTEGER NOT NULL DEFAULT 0;

-- NULL: the address was never confirmed, so the person cannot log in yet.
ALTER TABLE users ADD COLUMN email_confirmed_at INTEGER;
ALTER TABLE users ADD COLUMN last_log_in_at INTEGER;
-- Too many failures in a row: no log-in by password until a reset by mail.
ALTER TABLE users ADD COLUMN password_off_at INTEGER;
-- Set by the operator's command line, shorter than people are asked for.
ALTER TABLE users ADD COLUMN has_short_password INTEGER NOT NULL DEFAULT 0;
UPDATE users SET email_confirmed_at = created_at;

-- Sessions are listed by a name of their own and by what their owner can recognise.
DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN session_id BLOB NOT NULL DEFAULT x'';
ALTER TABLE sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';

ALTER TABLE keys ADD COLUMN revoked_by BLOB;
ALTER TABLE keys ADD COLUMN revoked_why TEXT;
ALTER TABLE keys ADD COLUMN suspended_at INTEGER;
ALTER TABLE keys ADD COLUMN rolled_at INTEGER;
ALTER TABLE keys ADD COLUMN last_used_address TEXT;
ALTER TABLE keys ADD COLUMN last_used_agent TEXT;

-- Sealed texts that go when their key ends.
CREATE INDEX keys_to_erase ON keys (expires_at)
    WHERE sealed IS NOT NULL AND expires_at IS NOT NULL;

-- Who uses a key: what the page of a roll shows. Written with the last uses, once a minute.
CREATE TABLE key_uses (
    account_id BLOB NOT NULL,
    key_id BLOB NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, key_id, address)
) STRICT;

-- What changed, in the order of feed_head's versions; rows live a day.
CREATE TABLE change_feed (
    version INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    account_id BLOB NOT NULL,
    subject_id BLOB,
    at INTEGER NOT NULL
) STRICT;

-- Processes that serve, and how far each has followed the feed. Times are the database's.
CREATE TABLE processes (
    process_id BLOB NOT NULL PRIMARY KEY,
    seen_version INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;

-- Everything that was done to access, chained per account (authentication.md 2.9).
CREATE TABLE audit_log (
    account_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('user', 'key', 'operator', 'system')),
    actor_id TEXT,
    actor_name TEXT,
    action TEXT NOT NULL,
    target TEXT,
    environment TEXT,
    address TEXT,
    user_agent TEXT,
    request_id TEXT,
    before TEXT,
    after TEXT,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (account_id, seq)
) STRICT;

-- The newest entry of each account, signed: a log that was cut does not reach it.
CREATE TABLE audit_anchors (
    account_id BLOB NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    mac BLOB NOT NULL
) STRICT;

-- [sqlite]
CREATE TRIGGER audit_log_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_log_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_anchors_update BEFORE UPDATE ON audit_anchors
WHEN NEW.seq <= OLD.seq OR NEW.account_id <> OLD.account_id
BEGIN SELECT RAISE(ABORT, 'an anchor of the audit log only moves forward'); END;
CREATE TRIGGER audit_anchors_delete BEFORE DELETE ON audit_anchors
BEGIN SELECT RAISE(ABORT, 'an anchor of the audit log only moves forward'); END;
-- [postgres]
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TRIGGER audit_log_change BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_log_truncate BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE FUNCTION refuse_anchor_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'an anchor of the audit log only moves forward'; END $$;
CREATE TRIGGER audit_anchors_update BEFORE UPDATE ON audit_anchors
FOR EACH ROW WHEN (NEW.seq <= OLD.seq OR NEW.account_id <> OLD.account_id)
EXECUTE FUNCTION refuse_anchor_change();
CREATE TRIGGER audit_anchors_delete BEFORE DELETE ON audit_anchors
FOR EACH ROW EXECUTE FUNCTION refuse_anchor_change();
CREATE TRIGGER audit_anchors_truncate BEFORE TRUNCATE ON audit_anchors
FOR EACH STATEMENT EXECUTE FUNCTION refuse_anchor_change();
-- [both]

-- Mail that waits to be sent. A token in a mail is made when it is sent, so no row holds one.
CREATE TABLE mails (
    mail_id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL,
    recipient TEXT NOT NULL,
    -- Which letter it is and what it says, as JSON.
    letter TEXT NOT NULL,
    -- The row of mail_tokens whose link it carries.
    token_id BLOB,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    sent_at INTEGER,
    failed_at INTEGER,
    last_error TEXT
) STRICT;
CREATE INDEX mails_due ON mails (due_at) WHERE sent_at IS NULL AND failed_at IS NULL;

-- One-time links: of one purpose, for one person, address or invitation. The digest is set when
-- the mail goes out; a second try to send replaces it.
CREATE TABLE mail_tokens (
    token_id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('confirm', 'reset', 'invitation')),
    -- The user, or the invitation.
    subject_id BLOB NOT NULL,
    email TEXT NOT NULL,
    digest BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    superseded_at INTEGER
) STRICT;
CREATE UNIQUE INDEX mail_tokens_by_digest ON mail_tokens (digest);
CREATE INDEX mail_tokens_of_subject ON mail_tokens (account_id, subject_id, purpose);

CREATE TABLE invitations (
    account_id BLOB NOT NULL,
    invitation_id BLOB NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'manager', 'member', 'labeler')),
    -- NULL: invited by a key.
    invited_by BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- A Manager invited by a key waits until an Admin approves.
    waits_for_admin INTEGER NOT NULL DEFAULT 0,
    accepted_at INTEGER,
    withdrawn_at INTEGER,
    PRIMARY KEY (account_id, invitation_id)
) STRICT;
CREATE INDEX invitations_by_email ON invitations (account_id, email);

-- Requests for the role Manager: by the person, or by a key for that person.
CREATE TABLE access_requests (
    account_id BLOB NOT NULL,
    request_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('person', 'key')),
    note TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    decided_at INTEGER,
    decided_by BLOB,
    decision TEXT CHECK (decision IN ('granted', 'declined')),
    PRIMARY KEY (account_id, request_id)
) STRICT;
CREATE INDEX access_requests_of_user ON access_requests (account_id, user_id, created_at);

-- Attempts of one kind by one subject (a digest) in a running window of time.
CREATE TABLE attempts (
    subject BLOB NOT NULL PRIMARY KEY,
    window_start INTEGER NOT NULL,
    attempts INTEGER NOT NULL
) STRICT;
