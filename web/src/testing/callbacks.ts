import type {
  Attempt,
  CallbackDetail,
  CallbackItem,
  CallbackSummary,
  Target,
} from '../features/callbacks/types';

/** A callback as the server lists it, for tests. */
export function callbackOf(change: Partial<CallbackItem> = {}): CallbackItem {
  return {
    id: 'cb_66b0c4d1e5a7f30912ab34ce',
    event: 'task.completed',
    sequence: 1,
    url: 'https://x.example/cb',
    target: 'https://x.example:443',
    task_id: '66b0c4d1e5a7f30912ab34cd',
    batch: null,
    project: null,
    state: 'delivered',
    held_for: null,
    tries: 1,
    tries_max: 21,
    last_status: 200,
    last_outcome: 'delivered',
    last_latency_ms: 12,
    next_try_at: null,
    created_at: '2026-11-25T04:00:00.000Z',
    done_at: null,
    first_try_at: null,
    is_test: false,
    resend: null,
    ...change,
  };
}

export function targetOf(change: Partial<Target> = {}): Target {
  return {
    target: 'https://x.example:443',
    state: 'ok',
    failures: 0,
    open_until: null,
    not_before: null,
    paused_at: null,
    paused_by: null,
    pending: 0,
    held: 0,
    last_success_at: null,
    last_failure_at: null,
    last_outcome: null,
    last_status: null,
    next_due_at: null,
    ...change,
  };
}

export function summaryOf(change: Partial<CallbackSummary> = {}): CallbackSummary {
  return {
    success_rate: 0.9996,
    ended: 1000,
    lag_ms: { p50: 3, p99: 40 },
    pending: 12,
    held: 0,
    failed: 10_000,
    oldest_due_at: null,
    counts_capped_at: 10_000,
    target_counts_capped_at: 1000,
    targets: [],
    ...change,
  };
}

export function attemptOf(change: Partial<Attempt> = {}): Attempt {
  return {
    n: 1,
    cause: 'schedule',
    url: null,
    started_at: '2026-11-25T04:00:01.000Z',
    duration_ms: 61,
    dns_ms: 3,
    connect_ms: 21,
    address: '203.0.113.7:443',
    status: 200,
    outcome: 'delivered',
    detail: null,
    request_headers: [['webhook-id', 'cb_66b0c4d1e5a7f30912ab34ce']],
    answer: { headers: [['server', 'x']], body: 'thanks', complete: true },
    may_be_wrong_key: false,
    ...change,
  };
}

export function callbackDetailOf(change: Partial<CallbackDetail> = {}): CallbackDetail {
  return {
    callback: callbackOf(),
    request: {
      method: 'POST',
      host: null,
      url: 'https://x.example/cb',
      headers: [['scale-callback-auth', 'live_wc…4f2a']],
      body: '{"status":"completed"}',
      body_bytes: 22,
      purged: false,
    },
    attempts: [attemptOf()],
    others: [],
    newest: null,
    why_next: null,
    limits: { connect_ms: 5000, whole_ms: 15_000, answer_bytes: 65_536 },
    ...change,
  };
}
