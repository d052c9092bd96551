-- The outbox: a row is inserted in the transaction that changes the task, and is the queue.
CREATE TABLE callbacks (
    account_id BLOB NOT NULL,
    callback_id BLOB NOT NULL,
    task_id BLOB,
    batch_id BLOB,
    event TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    url TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'blocked', 'superseded', 'held', 'discarded')),
    tries INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    next_try_at INTEGER,
    window_start INTEGER,
    lease_owner TEXT,
    lease_epoch INTEGER NOT NULL,
    lease_until INTEGER,
    done_at INTEGER,
    last_outcome TEXT,
    PRIMARY KEY (account_id, callback_id)
) STRICT;
CREATE INDEX callbacks_due ON callbacks (next_try_at) WHERE state = 'pending';
CREATE INDEX callbacks_leased ON callbacks (lease_until) WHERE state = 'sending';
CREATE INDEX callbacks_by_task ON callbacks (account_id, task_id, sequence);
CREATE INDEX callbacks_by_batch ON callbacks (account_id, batch_id) WHERE batch_id IS NOT NULL;

-- Apart from the queue, so that its scans stay narrow. Each try sends these very bytes.
CREATE TABLE callback_bodies (
    account_id BLOB NOT NULL,
    callback_id BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (account_id, callback_id)
) STRICT;

CREATE TABLE callback_attempts (
    account_id BLOB NOT NULL,
    callback_id BLOB NOT NULL,
    n INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    duration_ms INTEGER,
    address TEXT,
    http_status INTEGER,
    outcome TEXT NOT NULL,
    detail TEXT,
    PRIMARY KEY (account_id, callback_id, n)
) STRICT;
