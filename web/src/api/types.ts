/** Shapes that the app API answers with. Names are the server's; times are RFC 3339 in UTC. */

export type Mode = 'live' | 'test';

export type Role = 'admin' | 'manager' | 'member' | 'labeler';

export type Capability =
  | 'see_api_keys'
  | 'ask_for_access'
  | 'set_key_policy'
  | 'reveal_test_key'
  | 'reveal_live_key'
  | 'view_tasks'
  | 'cancel_task'
  | 'view_usage'
  | 'view_callbacks'
  | 'manage_callbacks'
  | 'set_callback_settings'
  | 'label_tasks'
  | 'see_team'
  | 'see_team_details'
  | 'invite_member'
  | 'invite_manager'
  | 'change_member'
  | 'change_manager'
  | 'change_admin'
  | 'deactivate_manager'
  | 'rename_account'
  | 'read_audit'
  | 'export_audit';

export interface Session {
  user: { id: string; email: string; name: string; role: Role; has_short_password?: boolean };
  account: { id: string; name: string };
  capabilities: Capability[];
  version: string;
  dev: boolean;
  /** For Admins: the server is reached over plain HTTP from other machines. */
  insecure_http?: boolean;
}

export interface Project {
  id: string;
  name: string;
  type: string;
  created_at: string;
  pending: number;
  completed: number;
  canceled: number;
  error: number;
  last_task_at: string | null;
}

export interface ParamVersion {
  version: number;
  created_at: string;
  [param: string]: unknown;
}

export interface ProjectDetail extends Project {
  param_history: ParamVersion[];
}

export interface Batch {
  name: string;
  project: string;
  status: string;
  created_at: string;
  pending: number;
  completed: number;
  canceled: number;
  error: number;
}

export type TaskStatus = 'pending' | 'completed' | 'canceled' | 'error';

/** A task as API v1 shows it; members that are not listed here are shown as JSON only. */
export interface Task {
  task_id: string;
  type: string;
  status: TaskStatus;
  created_at: string;
  updated_at?: string;
  completed_at?: string;
  callback_url?: string;
  callback_succeeded?: boolean;
  instruction?: string;
  params: Record<string, unknown>;
  metadata: Record<string, unknown>;
  is_test: boolean;
  priority?: number;
  response?: unknown;
  project?: string;
  batch?: string;
  unique_id?: string;
  tags?: string[];
}

export interface TaskPage {
  docs: Task[];
  total: number;
  limit: number;
  has_more: boolean;
  next_token?: string | null;
}

export type AttachmentKind = 'image' | 'text' | 'video' | 'audio' | 'website' | 'pdf';

export interface CallbackAttempt {
  n: number;
  started_at: string;
  duration_ms: number | null;
  address: string | null;
  status: number | null;
  outcome: string;
  detail: string | null;
}

export interface Callback {
  id: string;
  event: string;
  url: string;
  state: string;
  tries: number;
  tries_max: number;
  next_try_at: string | null;
  created_at: string;
  done_at: string | null;
  attempts: CallbackAttempt[];
}

export interface TaskDetail {
  task: Task;
  attachments: { kind: AttachmentKind; url: string | null }[];
  callbacks: Callback[];
  charge: { amount_micros: number; currency: string; created_at: string } | null;
  completed_by: { name: string } | null;
}

export type KeyState = 'active' | 'suspended' | 'expired' | 'revoked';

/** An API key or a callback auth key, without its text. */
export interface Key {
  key_id: string;
  environment: Mode;
  name: string;
  /** The key with all but its beginning and end left out: `live_wb…4f2a`. */
  hint: string;
  state: KeyState;
  /** Whether the server still has the text. */
  revealable: boolean;
  imported: boolean;
  created_at: string;
  /** Who made it; null for a key that the command line or the server made. */
  created_by: string | null;
  last_used_at: string | null;
  last_used_address: string | null;
  last_used_agent: string | null;
  expires_at: string | null;
  revoked_at: string | null;
  /** The key that it was rolled into. */
  replaced_by: string | null;
  /** Who still uses it; only of a rolled key that still works. */
  uses?: KeyUse[];
}

export interface KeyUse {
  address: string;
  user_agent: string | null;
  last_used_at: string;
}

export interface KeyPolicy {
  /** New keys are shown once and kept as a digest only. */
  show_keys_once: boolean;
  keys_may_make_managers: boolean;
  /** Test callbacks carry the Test Callback Auth Key instead of the live one. */
  own_key_for_test_callbacks: boolean;
}

export interface Keys {
  api_keys: Key[];
  callback_auth_keys: Key[];
  policy: KeyPolicy;
}

/** Where a change of keys is in force. */
export interface Receipt {
  /** Servers that have it. */
  confirmed_by: number;
  unconfirmed: number;
  in_force_everywhere_by: string;
}

/** A request for access to API keys, as the person who made it sees it. */
export interface AccessRequest {
  state: 'none' | 'open' | 'granted' | 'declined';
  created_at?: string | null;
  /** When the next request may be made. */
  again_at?: string | null;
  /** Names of those who can grant it. */
  admins: string[];
}

/** The numbers of Home, of one mode. */
export interface HomeNumbers {
  counts: Record<TaskStatus, number>;
  oldest_pending_at: string | null;
  callbacks_failing: number;
  charge_this_month_micros: number;
  labelers_at_work: number;
  /** Of the account, whatever the mode. */
  completed_live_tasks: number;
}

export interface UsageRow {
  /** Calendar day in UTC, `YYYY-MM-DD`. */
  day: string;
  project: string | null;
  type: string;
  tasks: number;
  amount_micros: number;
}

export interface Usage {
  currency: string;
  from: string;
  to: string;
  rows: UsageRow[];
  total_micros: number;
  total_tasks: number;
}

export interface Queue {
  waiting: number;
  in_work: number;
  projects: { name: string | null; waiting: number }[];
  open_claim_id: string | null;
  done_today: number;
}

export interface Claim {
  claim_id: string;
  task_id: string;
  /** Rises when another tab takes the claim over. */
  epoch: number;
  state: string;
  lease_seconds_left: number;
  draft_version: number;
  draft: unknown;
  opened_here: boolean;
}

export interface WorkAttachment {
  kind: AttachmentKind;
  /** Address on our own server, or null where the attachment is text. */
  url: string | null;
  text: string | null;
  /** The customer's own address. */
  source: string;
}

export interface WorkTask {
  task_id: string;
  type: string;
  project: string | null;
  batch: string | null;
  /** Markdown. */
  instruction: string | null;
  params: Record<string, unknown>;
  attachments: WorkAttachment[];
  created_at: string;
}

export interface ClaimAnswer {
  claim: Claim | null;
  task: WorkTask | null;
}

export interface NextClaim {
  next: ClaimAnswer | null;
}

export type SkipReason = 'instruction_unclear' | 'attachment_does_not_load' | 'lack_of_knowledge' | 'other';
