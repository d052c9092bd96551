CREATE TABLE projects (
    account_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    name TEXT NOT NULL,
    task_type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    archived_at INTEGER,
    rapid INTEGER NOT NULL,
    studio INTEGER NOT NULL,
    dataset_id TEXT,
    pipeline TEXT,
    param_version INTEGER NOT NULL,
    PRIMARY KEY (account_id, project_id)
) STRICT;
CREATE UNIQUE INDEX projects_by_name ON projects (account_id, name);

CREATE TABLE project_params (
    account_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    params TEXT NOT NULL,
    PRIMARY KEY (account_id, project_id, version)
) STRICT;

CREATE TABLE batches (
    account_id BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- 'completed' is not stored: it follows from the counts of the batch's tasks.
    state TEXT NOT NULL CHECK (state IN ('staging', 'in_progress')),
    callback TEXT,
    calibration_batch INTEGER NOT NULL,
    self_label_batch INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    completed_at INTEGER,
    PRIMARY KEY (account_id, batch_id)
) STRICT;
CREATE UNIQUE INDEX batches_by_name ON batches (account_id, name);
CREATE INDEX batches_by_project ON batches (account_id, project_id, batch_id);

-- A task's id begins with its creation time in milliseconds, so the primary key is also the order
-- of every list and serves bounds on the creation time.
CREATE TABLE tasks (
    account_id BLOB NOT NULL,
    task_id BLOB NOT NULL,
    task_type TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'completed', 'canceled', 'error')),
    project_id BLOB,
    batch_id BLOB,
    project_param_version INTEGER,
    unique_id TEXT,
    clear_unique_id_on_error INTEGER NOT NULL,
    priority INTEGER,
    instruction TEXT,
    -- What the labeler is shown: the task's instruction, then the project's; NULL where the two
    -- are the same text.
    instruction_shown TEXT,
    callback_url TEXT,
    params TEXT NOT NULL,
    metadata TEXT NOT NULL,
    tags TEXT,
    response TEXT,
    -- NULL until the first change: then the task's creation time counts.
    updated_at INTEGER,
    completed_at INTEGER,
    -- Who answered: a user, or twelve zero bytes for a made-up answer of test mode.
    completed_by BLOB,
    price_micros INTEGER,
    callback_succeeded INTEGER,
    callback_succeeded_at INTEGER,
    -- Changes that were told by callback so far.
    sequence INTEGER NOT NULL,
    CHECK (status <> 'completed' OR (completed_by IS NOT NULL AND response IS NOT NULL)),
    PRIMARY KEY (account_id, task_id)
) STRICT;
CREATE INDEX tasks_by_status ON tasks (account_id, status, task_id);
CREATE INDEX tasks_by_project ON tasks (account_id, project_id, task_id) WHERE project_id IS NOT NULL;
CREATE INDEX tasks_by_batch ON tasks (account_id, batch_id, task_id) WHERE batch_id IS NOT NULL;
CREATE UNIQUE INDEX tasks_by_unique_id ON tasks (account_id, unique_id) WHERE unique_id IS NOT NULL;
CREATE INDEX tasks_by_completion ON tasks (account_id, completed_at) WHERE completed_at IS NOT NULL;

CREATE TABLE task_tags (
    account_id BLOB NOT NULL,
    tag TEXT NOT NULL,
    task_id BLOB NOT NULL,
    PRIMARY KEY (account_id, tag, task_id)
) STRICT, WITHOUT ROWID;

-- Exact numbers of tasks, kept by every change, so that a list's `total` costs the same at a
-- million tasks. A number is spread over slots so that parallel writers do not wait for one row.
CREATE TABLE task_counts (
    account_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    task_type TEXT NOT NULL,
    status TEXT NOT NULL,
    slot INTEGER NOT NULL,
    tasks INTEGER NOT NULL,
    PRIMARY KEY (account_id, project_id, batch_id, task_type, status, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_counts_by_batch ON task_counts (account_id, batch_id, status, tasks);

CREATE TABLE idempotency_keys (
    account_id BLOB NOT NULL,
    idempotency_key TEXT NOT NULL,
    task_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
