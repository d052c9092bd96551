/** Shapes of the app API about callbacks. Names are the server's; times are RFC 3339 in UTC. */

export type CallbackState =
  | 'pending'
  | 'sending'
  | 'delivered'
  | 'failed'
  | 'blocked'
  | 'superseded'
  | 'held'
  | 'discarded';

/** Why a callback is held: its target is paused, says that it is gone, or is plain http. */
export type HeldFor = 'pause' | 'gone' | 'plain_http';

/** What made a try: the schedule, an open breaker's look, a person, a replay, or a test. */
export type Cause = 'schedule' | 'probe' | 'person' | 'replay' | 'test';

/** A callback as lists show it. */
export interface CallbackItem {
  /** `cb_` and 24 hexadecimal digits; the same as `webhook-id`. */
  id: string;
  event: string;
  /** Which change of its task it tells, from 1. */
  sequence: number;
  /** User info and secret query values are masked. */
  url: string;
  /** Scheme, host and port of the address. */
  target: string;
  task_id: string | null;
  batch: { id: string; name: string } | null;
  /** The project's name. */
  project: string | null;
  state: CallbackState;
  held_for: HeldFor | null;
  tries: number;
  tries_max: number;
  last_status: number | null;
  last_outcome: string | null;
  last_latency_ms: number | null;
  /** Null while an earlier state of the task goes first, and where no try is to come. */
  next_try_at: string | null;
  created_at: string;
  done_at: string | null;
  first_try_at: string | null;
  is_test: boolean;
  /** A further send that is asked for and not yet done. */
  resend: { cause: Cause; url: string | null } | null;
}

export interface CallbackPage {
  callbacks: CallbackItem[];
  next_cursor: string | null;
}

export interface Target {
  target: string;
  state: 'ok' | 'failing' | 'open' | 'paused';
  /** Failures in a row. */
  failures: number;
  /** Until when the breaker lets nothing but a probe through. */
  open_until: string | null;
  /** Until when the receiver asked us to wait. */
  not_before: string | null;
  paused_at: string | null;
  paused_by: 'auto' | 'person' | 'start' | null;
  pending: number;
  held: number;
  last_success_at: string | null;
  last_failure_at: string | null;
  last_outcome: string | null;
  last_status: number | null;
  next_due_at: string | null;
}

export interface CallbackSummary {
  /** Share of those that ended, 0 to 1; null where none ended. */
  success_rate: number | null;
  /** How many ended ones the rate is of. */
  ended: number;
  /** From the commit of the change to the first try. */
  lag_ms: { p50: number; p99: number } | null;
  pending: number;
  held: number;
  failed: number;
  oldest_due_at: string | null;
  /** A count that reaches this is not counted any further. */
  counts_capped_at: number;
  /** The same for the counts of a target. */
  target_counts_capped_at: number;
  /** Failing ones first. */
  targets: Target[];
}

/** A header's name and its value; secret values are masked as `…4f2a`. */
export type Header = [name: string, value: string];

export interface Attempt {
  n: number;
  cause: Cause;
  /** Where it went, if not to the callback's own address. */
  url: string | null;
  started_at: string;
  duration_ms: number | null;
  dns_ms: number | null;
  connect_ms: number | null;
  /** The address that was connected to. */
  address: string | null;
  status: number | null;
  outcome: string | null;
  detail: string | null;
  request_headers: Header[];
  /** What came back, masked; `complete` is false where we stopped reading. */
  answer: { headers: Header[]; body: string; complete: boolean } | null;
  may_be_wrong_key: boolean;
}

export interface CallbackDetail {
  callback: CallbackItem;
  request: {
    method: string;
    url: string;
    /** Both spellings of a host with letters outside ASCII. */
    host: { ascii: string; unicode: string; mixes_alphabets: boolean } | null;
    headers: Header[];
    /** Null where retention has emptied it. */
    body: string | null;
    body_bytes: number | null;
    purged: boolean;
  };
  attempts: Attempt[];
  /** Callbacks of the same task. */
  others: { id: string; sequence: number; event: string; state: CallbackState }[];
  /** The task's newest state. */
  newest: { id: string; sequence: number } | null;
  /** Why the next try is when it is. */
  why_next: string | null;
  limits: Limits;
}

export interface Limits {
  connect_ms: number;
  whole_ms: number;
  answer_bytes: number;
}

/** Which callbacks a replay sends again. */
export interface ReplayFilter {
  target?: string | undefined;
  project?: string | undefined;
  event?: string | undefined;
  state?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

export interface ReplayPreview {
  /** How many would be sent. */
  count: number;
  /** How many cannot be sent, since retention has emptied them. */
  purged: number;
  /** How many are left out, since their task has a newer state. */
  older_states: number;
}

export interface Replay {
  id: string;
  state: 'running' | 'paused' | 'canceled' | 'done';
  total: number;
  sent: number;
  delivered: number;
  failed: number;
  created_at: string;
  /** Who asked for it. */
  created_by: string;
  filter: ReplayFilter;
}

export type KeyFit = 'current' | 'previous' | 'other_mode' | 'unknown' | 'missing';

/** Where the body that was pasted parts from the one that was sent. */
export interface Difference {
  /** Of the first byte that differs, from 0. */
  offset: number;
  line: number;
  column: number;
  /** What was sent there, with what stands around it. */
  expected: string;
  got: string;
}

export interface Verification {
  auth: { state: KeyFit; text: string };
  timestamp: { age_seconds: number; within_tolerance: boolean } | null;
  signatures: { scheme: string; state: KeyFit; text: string }[];
  verdict: 'ok' | 'bad' | 'unsigned';
  /** In words, the most likely first. */
  causes: string[];
  difference: Difference | null;
}

export interface Receiver {
  id: string;
  url: string;
  expires_at: string;
  /** The status that it answers with. */
  answer_status: number;
  /** How long it waits before it answers. */
  delay_ms: number;
  /** How many requests came in. */
  received: number;
}

export interface ReceivedRequest {
  n: number;
  at: string;
  headers: Header[];
  body: string;
  auth: 'ok' | 'wrong' | 'missing';
  signature: 'ok' | 'wrong' | 'missing';
}
