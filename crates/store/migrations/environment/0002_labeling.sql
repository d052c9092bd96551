-- Tasks that wait for a labeler. A claim takes the row away, a return puts it back to its place.
CREATE TABLE queue_entries (
    account_id BLOB NOT NULL,
    priority INTEGER NOT NULL,
    project_id BLOB NOT NULL,
    task_id BLOB NOT NULL,
    PRIMARY KEY (account_id, priority, project_id, task_id)
) STRICT, WITHOUT ROWID;

-- When each project was last served, for the round robin among projects of one priority.
CREATE TABLE project_turns (
    account_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    served INTEGER NOT NULL,
    PRIMARY KEY (account_id, project_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE claims (
    account_id BLOB NOT NULL,
    claim_id BLOB NOT NULL,
    task_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'submitted', 'skipped', 'released', 'expired', 'revoked')),
    opened_at INTEGER NOT NULL,
    active_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    draft_version INTEGER NOT NULL,
    draft TEXT,
    ended_at INTEGER,
    -- What was submitted, so that the same submission gets the same answer again.
    submitted TEXT,
    PRIMARY KEY (account_id, claim_id)
) STRICT;
CREATE UNIQUE INDEX claims_active_by_task ON claims (account_id, task_id) WHERE state = 'active';
CREATE UNIQUE INDEX claims_active_by_user ON claims (account_id, user_id) WHERE state = 'active';
CREATE INDEX claims_by_task ON claims (account_id, task_id);
CREATE INDEX claims_by_user ON claims (account_id, user_id, ended_at);
CREATE INDEX claims_by_lease ON claims (lease_until) WHERE state = 'active';

CREATE TABLE skips (
    account_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    task_id BLOB NOT NULL,
    reason TEXT NOT NULL,
    note TEXT,
    skipped_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, user_id, task_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE charges (
    account_id BLOB NOT NULL,
    task_id BLOB NOT NULL,
    task_type TEXT NOT NULL,
    project_id BLOB,
    user_id BLOB NOT NULL,
    amount_micros INTEGER NOT NULL CHECK (amount_micros >= 0),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, task_id)
) STRICT;
CREATE INDEX charges_by_time ON charges (account_id, created_at);
