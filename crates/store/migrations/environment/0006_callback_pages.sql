-- What the pages about callbacks list beside the queue itself. Delivered rows never enter these.
CREATE INDEX callbacks_set_aside ON callbacks (account_id, state, callback_id)
    WHERE state = 'blocked' OR state = 'superseded' OR state = 'held' OR state = 'discarded';
CREATE INDEX callbacks_retrying ON callbacks (account_id, callback_id)
    WHERE state = 'pending' AND tries > 0;

-- Jobs that send many callbacks once more (callbacks.md 3.9).
CREATE TABLE callback_replays (
    account_id BLOB NOT NULL,
    replay_id BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'canceled', 'done')),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    ended_at INTEGER,
    -- JSON object.
    filter TEXT NOT NULL,
    -- The last callback that it looked at; NULL: none yet.
    looked_at BLOB,
    -- Callbacks made later are not its matter.
    last_callback BLOB NOT NULL,
    total INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (account_id, replay_id)
) STRICT;
CREATE INDEX callback_replays_running ON callback_replays (replay_id) WHERE state = 'running';

-- Receivers that a person made to look at what would arrive: one an account, for a day.
CREATE TABLE test_receivers (
    account_id BLOB NOT NULL,
    token TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    answer_status INTEGER NOT NULL,
    delay_ms INTEGER NOT NULL,
    received INTEGER NOT NULL,
    PRIMARY KEY (account_id)
) STRICT;
CREATE UNIQUE INDEX test_receivers_by_token ON test_receivers (token);
CREATE INDEX test_receivers_by_end ON test_receivers (expires_at);

CREATE TABLE test_receiver_requests (
    account_id BLOB NOT NULL,
    n INTEGER NOT NULL,
    at INTEGER NOT NULL,
    -- JSON list of name and value pairs, masked.
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    body_bytes INTEGER NOT NULL,
    -- 'ok', 'wrong', 'missing': judged when it came in.
    auth TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (account_id, n)
) STRICT;
