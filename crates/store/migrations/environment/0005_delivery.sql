-- Delivery by target (callbacks.md 3.6): a receiver's state is one row, and its queue is an index.
DROP INDEX callbacks_due;
-- scheme://host:port, or mailto:address.
ALTER TABLE callbacks ADD COLUMN target TEXT NOT NULL DEFAULT '';
ALTER TABLE callbacks ADD COLUMN project_id BLOB;
-- The batch of the task that it tells of; batch_id is set for a batch's own events alone.
ALTER TABLE callbacks ADD COLUMN of_batch BLOB;
-- 'pause' (of the target), 'gone' (of the URL), 'plain_http' (the account's policy).
ALTER TABLE callbacks ADD COLUMN held_for TEXT;
ALTER TABLE callbacks ADD COLUMN held_at INTEGER;
-- delivery_clock.away_ms when the window began: what was added since moves the window.
ALTER TABLE callbacks ADD COLUMN away_base INTEGER NOT NULL DEFAULT 0;
ALTER TABLE callbacks ADD COLUMN first_try_at INTEGER;
ALTER TABLE callbacks ADD COLUMN last_status INTEGER;
ALTER TABLE callbacks ADD COLUMN last_latency_ms INTEGER;
-- A test callback that a person sent: weighbridge-test: true.
ALTER TABLE callbacks ADD COLUMN is_trial INTEGER NOT NULL DEFAULT 0;
-- One try outside the schedule that a person or a replay asked for. While it is under way the state
-- is 'sending', and resume_state tells where it came from.
ALTER TABLE callbacks ADD COLUMN resend_at INTEGER;
ALTER TABLE callbacks ADD COLUMN resend_cause TEXT;
-- Another address, once; NULL: the callback's own.
ALTER TABLE callbacks ADD COLUMN resend_url TEXT;
ALTER TABLE callbacks ADD COLUMN resend_target TEXT;
ALTER TABLE callbacks ADD COLUMN resend_job BLOB;
ALTER TABLE callbacks ADD COLUMN resume_state TEXT;
-- 'zstd', or NULL: as it is.
ALTER TABLE callback_bodies ADD COLUMN encoding TEXT;

-- What waits for its turn at a target. A row that waits for an earlier state of its task has no
-- next_try_at.
CREATE INDEX callbacks_waiting ON callbacks (account_id, target, next_try_at)
    WHERE state = 'pending';
CREATE INDEX callbacks_held ON callbacks (account_id, target, callback_id) WHERE state = 'held';
CREATE INDEX callbacks_resend ON callbacks (account_id, resend_target, resend_at)
    WHERE resend_at IS NOT NULL;
CREATE INDEX callbacks_untried_of_batch ON callbacks (account_id, of_batch)
    WHERE of_batch IS NOT NULL AND first_try_at IS NULL;
CREATE INDEX callbacks_by_target ON callbacks (account_id, target, callback_id);
-- Rows of earlier versions, until a worker has given them their target.
CREATE INDEX callbacks_untargeted ON callbacks (callback_id) WHERE target = '';
CREATE INDEX callbacks_by_project ON callbacks (account_id, project_id, callback_id)
    WHERE project_id IS NOT NULL;

-- schedule, probe, person, replay, test, listen.
ALTER TABLE callback_attempts ADD COLUMN cause TEXT NOT NULL DEFAULT 'schedule';
ALTER TABLE callback_attempts ADD COLUMN dns_ms INTEGER;
ALTER TABLE callback_attempts ADD COLUMN connect_ms INTEGER;
-- Where it went, if not to the callback's own address.
ALTER TABLE callback_attempts ADD COLUMN url TEXT;
-- What was sent, masked: the last four signs of each auth key, and the signatures.
ALTER TABLE callback_attempts ADD COLUMN auth_hint TEXT;
ALTER TABLE callback_attempts ADD COLUMN previous_hint TEXT;
ALTER TABLE callback_attempts ADD COLUMN signature TEXT;
-- What came back, masked: headers as a JSON list of pairs, the first 64 KiB of the body.
ALTER TABLE callback_attempts ADD COLUMN answer_headers TEXT;
ALTER TABLE callback_attempts ADD COLUMN answer_body BLOB;
ALTER TABLE callback_attempts ADD COLUMN answer_complete INTEGER;

CREATE TABLE callback_targets (
    account_id BLOB NOT NULL,
    target TEXT NOT NULL,
    -- When it is worth looking at again; NULL: nothing waits.
    next_due_at INTEGER,
    served_at INTEGER NOT NULL,
    -- Failures in a row (no answer, 5xx, 429). The breaker is open from the fifth on.
    failures INTEGER NOT NULL,
    open_until INTEGER,
    open_ms INTEGER,
    -- The receiver's Retry-After.
    not_before INTEGER,
    receiver_late_until INTEGER,
    in_flight_max INTEGER NOT NULL,
    -- Since the last success: when failing began, tries, callbacks that ended as failed.
    failing_since INTEGER,
    failing_tries INTEGER NOT NULL,
    failing_callbacks INTEGER NOT NULL,
    last_success_at INTEGER,
    last_failure_at INTEGER,
    last_outcome TEXT,
    last_status INTEGER,
    -- 'auto', 'person', 'start' (serve --hold-callbacks).
    paused_by TEXT,
    paused_at INTEGER,
    -- Held rows are on their way back into the queue.
    releasing INTEGER NOT NULL,
    -- How many URLs of it have answered 410 last (callback_urls).
    gone_urls INTEGER NOT NULL,
    mailed_at INTEGER,
    PRIMARY KEY (account_id, target)
) STRICT;
CREATE INDEX callback_targets_due ON callback_targets (next_due_at) WHERE next_due_at IS NOT NULL;
-- By how far they have proven themselves: those that fail, however many, are not in the way of others.
CREATE INDEX callback_targets_due_by_trust ON callback_targets (
    (CASE WHEN failures > 0 OR open_ms IS NOT NULL THEN 2
        WHEN last_success_at IS NULL THEN 1 ELSE 0 END),
    next_due_at
) WHERE next_due_at IS NOT NULL;
CREATE INDEX callback_targets_releasing ON callback_targets (account_id, target)
    WHERE releasing = 1;

-- URLs whose last answer was 410 (callbacks.md 3.5); paused from the second in a row on.
CREATE TABLE callback_urls (
    account_id BLOB NOT NULL,
    url TEXT NOT NULL,
    gone INTEGER NOT NULL,
    paused_at INTEGER,
    PRIMARY KEY (account_id, url)
) STRICT;

-- One row: until when a worker was there to deliver, and how long none was, in all. That time is
-- ours, and no receiver's window shrinks by it.
CREATE TABLE delivery_clock (
    id INTEGER PRIMARY KEY,
    seen_at INTEGER NOT NULL,
    resumed_at INTEGER NOT NULL,
    away_ms INTEGER NOT NULL
) STRICT;
