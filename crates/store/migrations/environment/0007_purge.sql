-- How far the purge of old callbacks has come (callbacks.md 3.10), so that it goes on after a
-- restart: one row for what is emptied ('bodies'), one for what is deleted ('rows').
CREATE TABLE purge_progress (
    kind TEXT NOT NULL PRIMARY KEY,
    -- The sweep under way: when it began, and what it purges: callbacks made before this time. NULL:
    -- none is under way.
    started_at INTEGER,
    made_before INTEGER,
    -- The last callback that it has looked at; NULL: it is at the beginning.
    after_account BLOB,
    after_callback BLOB,
    -- Callbacks purged by the sweep under way, else by the last one, and by all of them.
    purged INTEGER NOT NULL,
    purged_total INTEGER NOT NULL,
    finished_at INTEGER,
    -- When the next sweep begins.
    next_at INTEGER NOT NULL
) STRICT;

-- How many people skipped a task, and why.
CREATE INDEX skips_by_task ON skips (account_id, task_id, reason);
