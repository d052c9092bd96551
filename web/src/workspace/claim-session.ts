/**
 * What happens between taking a task and handing in its answer: the lease, the draft, submit and skip. It knows no
 * task type and no React. Time comes in by `tick`, so that tests can choose it.
 */
import { ApiError, apiPath, OfflineError, type ProblemAtPath, request } from '../api/client';
import type { Claim, ClaimAnswer, NextClaim, SkipReason } from '../api/types';
import { sameJson } from '../lib/same-json';
import type { DeviceDraft } from './device-drafts';

export type SaveState = 'saved' | 'saving' | 'offline' | 'not_on_device';

/**
 * `elsewhere`: another tab has it; `lost`: another person; `canceled`: the customer took the task back; `handed_in`:
 * answered from another place; `done`: answered or skipped here.
 */
export type Standing = 'active' | 'elsewhere' | 'lost' | 'canceled' | 'handed_in' | 'done';

export interface ClaimSnapshot {
  standing: Standing;
  save: SaveState;
  leaseSecondsLeft: number;
  /** `queued`: it will be sent when the connection is back. */
  submit: 'idle' | 'sending' | 'queued';
  submitFailure: { message: string; problems: ProblemAtPath[]; requestId: string | null } | null;
  /** The server holds a newer draft than the one this work grew from. */
  conflict: { version: number; draft: unknown } | null;
}

export const HEARTBEAT_SECONDS = 30;
export const WARNING_SECONDS = 120;
const DEVICE_DELAY_MS = 150;
const REST_MS = 1000;
const LONGEST_WAIT_MS = 5000;
const RETRY_MAX_MS = 30_000;
/** The browser's limit for a request that outlives its page. */
const KEEPALIVE_BYTES_MAX = 60_000;

export interface ClaimSessionOptions {
  claim: Claim;
  draft: unknown;
  /** Whether the draft holds anything that the server has not. */
  ahead: boolean;
  /** Both drafts have changed since they were last the same. */
  conflict: { version: number; draft: unknown } | null;
  storeOnDevice: (draft: DeviceDraft) => Promise<void>;
  forgetOnDevice: () => Promise<void>;
  onDraftReplaced: (draft: unknown) => void;
  onNext: (next: NextClaim) => void;
  /** This tab is where the claim is open, under this epoch. */
  onOpenedHere: (epoch: number) => void;
  now: () => number;
}

export class ClaimSession {
  private readonly options: ClaimSessionOptions;
  private readonly path: (...rest: string[]) => string;
  private readonly listeners = new Set<() => void>();
  private snapshot: ClaimSnapshot;

  private epoch: number;
  private draft: unknown;
  private version: number;
  private ahead: boolean;
  private aheadSinceMs: number;
  private changedAtMs: number;
  private saving = false;
  private onDevice = true;
  private deviceTimer: number | undefined;

  private active = false;
  private beating = false;
  private lastBeatMs: number;
  private lastTickMs: number;
  private failures = 0;
  private retryAtMs = 0;
  private queuedResponse: unknown;
  private stopped = false;

  constructor(options: ClaimSessionOptions) {
    const { claim, draft, ahead, conflict, now } = options;
    this.options = options;
    this.path = (...rest) => apiPath('web', 'live', 'claims', claim.claim_id, ...rest);
    this.epoch = claim.epoch;
    this.draft = draft;
    this.version = claim.draft_version;
    this.ahead = ahead;
    this.aheadSinceMs = now();
    this.changedAtMs = now();
    this.lastBeatMs = now();
    this.lastTickMs = now();
    this.snapshot = {
      standing: claim.opened_here ? 'active' : 'elsewhere',
      save: ahead ? 'saving' : 'saved',
      leaseSecondsLeft: claim.lease_seconds_left,
      submit: 'idle',
      submitFailure: null,
      conflict,
    };
    if (claim.opened_here) options.onOpenedHere(claim.epoch);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getSnapshot = (): ClaimSnapshot => this.snapshot;

  private update(change: Partial<ClaimSnapshot>): void {
    const changed = (Object.keys(change) as (keyof ClaimSnapshot)[]).some(
      (name) => change[name] !== this.snapshot[name],
    );
    if (!changed) return;
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }

  /** The labeler did something: the next heartbeat extends the lease. */
  touch(): void {
    this.active = true;
  }

  /** A new draft: to this device at once, to the server at the next rest. */
  draftChanged(draft: unknown): void {
    const now = this.options.now();
    this.draft = draft;
    if (!this.ahead) this.aheadSinceMs = now;
    this.ahead = true;
    this.changedAtMs = now;
    this.touch();
    this.onDevice = false;
    window.clearTimeout(this.deviceTimer);
    this.deviceTimer = window.setTimeout(() => void this.storeOnDevice(), DEVICE_DELAY_MS);
    this.update({ submitFailure: null });
    this.showSaveState();
  }

  /** Whether closing the page now would lose anything. */
  hasUnstoredWork(): boolean {
    return !this.onDevice && this.ahead && this.snapshot.standing === 'active';
  }

  private async storeOnDevice(): Promise<void> {
    try {
      await this.options.storeOnDevice({
        draft: this.draft,
        baseVersion: this.version,
        ahead: this.ahead,
        savedAtMs: this.options.now(),
      });
      this.onDevice = true;
    } catch {
      this.onDevice = false;
    }
    this.showSaveState();
  }

  private showSaveState(): void {
    if (!this.ahead) this.update({ save: 'saved' });
    else if (this.failures > 0) this.update({ save: this.onDevice ? 'offline' : 'not_on_device' });
    else this.update({ save: 'saving' });
  }

  /** Does what is due. Called twice a second. */
  tick(): void {
    const now = this.options.now();
    const passed = Math.max(0, now - this.lastTickMs) / 1000;
    this.lastTickMs = now;
    if (this.stopped || this.snapshot.standing !== 'active') return;
    this.update({ leaseSecondsLeft: Math.max(0, this.snapshot.leaseSecondsLeft - passed) });
    if (now < this.retryAtMs) return;
    if (this.snapshot.submit === 'queued') {
      void this.sendSubmit();
      return;
    }
    const atRest = now - this.changedAtMs >= REST_MS || now - this.aheadSinceMs >= LONGEST_WAIT_MS;
    if (this.ahead && atRest && this.snapshot.conflict === null) void this.saveDraft();
    if (this.failures > 0 || now - this.lastBeatMs >= HEARTBEAT_SECONDS * 1000) void this.heartbeat();
  }

  /** Extends the lease at once, as the answer to "Still there?". */
  keepWorking(): void {
    this.touch();
    this.retryAtMs = 0;
    void this.heartbeat();
  }

  private async heartbeat(): Promise<void> {
    if (this.beating) return;
    this.beating = true;
    this.lastBeatMs = this.options.now();
    const active = this.active;
    this.active = false;
    try {
      const answer = await request<{ lease_seconds_left: number }>('POST', this.path('heartbeat'), {
        epoch: this.epoch,
        active,
      });
      this.reached();
      this.update({ leaseSecondsLeft: answer.lease_seconds_left });
    } catch (error) {
      this.active ||= active;
      this.failed(error);
    } finally {
      this.beating = false;
    }
  }

  private async saveDraft(): Promise<void> {
    if (this.saving || this.snapshot.submit !== 'idle') return;
    this.saving = true;
    const sent = this.draft;
    const version = this.version + 1;
    try {
      const answer = await request<{ version: number }>('PUT', this.path('draft'), {
        epoch: this.epoch,
        version,
        draft: sent,
      });
      this.reached();
      this.version = answer.version;
      this.ahead = this.draft !== sent;
      if (this.ahead) this.aheadSinceMs = this.options.now();
      await this.storeOnDevice();
    } catch (error) {
      if (error instanceof ApiError && error.code === 'draft_conflict') {
        this.meetOtherDraft({ version: Number(error.body.version), draft: error.body.draft });
      } else {
        this.failed(error);
      }
    } finally {
      this.saving = false;
    }
  }

  /**
   * The server holds a version that this session has not written. When it is what this session began with or has now,
   * it came from this device, sent while the page before closed: the work goes on above it.
   */
  private meetOtherDraft(other: { version: number; draft: unknown }): void {
    if (sameJson(other.draft, this.options.draft) || sameJson(other.draft, this.draft)) {
      this.version = other.version;
    } else {
      this.update({ conflict: other });
    }
  }

  /** Ends a conflict by the labeler's choice. */
  resolveConflict(keep: 'this' | 'other'): void {
    const { conflict } = this.snapshot;
    if (conflict === null) return;
    this.version = conflict.version;
    this.update({ conflict: null });
    if (keep === 'other') {
      this.ahead = false;
      this.draft = conflict.draft;
      this.options.onDraftReplaced(conflict.draft);
      void this.storeOnDevice();
    }
  }

  /** Hands the answer in. Without a connection it waits and goes out by itself. */
  async submit(response: unknown): Promise<void> {
    if (this.snapshot.submit !== 'idle' || this.snapshot.standing !== 'active') return;
    this.queuedResponse = response;
    this.touch();
    await this.sendSubmit();
  }

  /** Takes a waiting answer back to go on working. */
  cancelQueuedSubmit(): void {
    if (this.snapshot.submit === 'queued') this.update({ submit: 'idle' });
  }

  private async sendSubmit(): Promise<void> {
    this.update({ submit: 'sending', submitFailure: null });
    try {
      const answer = await request<NextClaim>('POST', this.path('submit'), {
        epoch: this.epoch,
        response: this.queuedResponse,
      });
      await this.finish(answer);
    } catch (error) {
      if (error instanceof OfflineError) {
        this.update({ submit: 'queued' });
        this.failed(error);
      } else if (error instanceof ApiError) {
        this.update({
          submit: 'idle',
          submitFailure: { message: error.message, problems: error.problems, requestId: error.requestId },
        });
        if (error.status === 409) this.failed(error);
      } else {
        throw error;
      }
    }
  }

  /** @throws ApiError or OfflineError; the claim is then as before. */
  async skip(reason: SkipReason, text: string): Promise<void> {
    const answer = await request<NextClaim>('POST', this.path('skip'), {
      epoch: this.epoch,
      reason,
      ...(text === '' ? {} : { text }),
    });
    await this.finish(answer);
  }

  private async finish(next: NextClaim): Promise<void> {
    this.update({ standing: 'done', submit: 'idle' });
    this.stopped = true;
    window.clearTimeout(this.deviceTimer);
    await this.options.forgetOnDevice();
    this.options.onNext(next);
  }

  /** Moves the work from another tab to this one. */
  async takeOver(): Promise<void> {
    const { claim } = await request<ClaimAnswer>('POST', this.path('take_over'), {});
    if (claim === null) {
      this.update({ standing: 'lost' });
      return;
    }
    this.epoch = claim.epoch;
    this.options.onOpenedHere(claim.epoch);
    this.version = claim.draft_version;
    this.ahead = false;
    if (claim.draft !== null) {
      this.draft = claim.draft;
      this.options.onDraftReplaced(claim.draft);
    }
    this.update({ standing: 'active', leaseSecondsLeft: claim.lease_seconds_left, save: 'saved' });
  }

  private reached(): void {
    this.failures = 0;
    this.retryAtMs = 0;
    this.showSaveState();
  }

  private failed(error: unknown): void {
    // A draft that was on its way when the task was handed in is refused, and that is right.
    if (this.stopped) return;
    if (error instanceof ApiError && (error.status === 409 || error.status === 404)) {
      this.update({ standing: standingAfter(error) });
      return;
    }
    this.failures += 1;
    this.retryAtMs = this.options.now() + Math.min(RETRY_MAX_MS, 1000 * 2 ** (this.failures - 1));
    this.showSaveState();
  }

  /** The page goes out of sight: what the server has not goes to it now. */
  pageHidden(): void {
    if (!this.ahead || this.snapshot.standing !== 'active' || this.snapshot.conflict !== null) return;
    window.clearTimeout(this.deviceTimer);
    void this.storeOnDevice();
    void this.saveDraft();
  }

  /** The page is closing: the claim goes back to the queue unless it is opened again within a minute. */
  pageClosing(): void {
    if (this.stopped || this.snapshot.standing !== 'active') return;
    if (this.ahead && this.snapshot.conflict === null && !this.saving) {
      const body = { epoch: this.epoch, version: this.version + 1, draft: this.draft };
      if (new Blob([JSON.stringify(body)]).size <= KEEPALIVE_BYTES_MAX) {
        request('PUT', this.path('draft'), body, { keepalive: true, withoutLogIn: true }).catch(
          () => undefined,
        );
      }
    }
    const body = { epoch: this.epoch, closing: true };
    request('POST', this.path('release'), body, { keepalive: true, withoutLogIn: true }).catch(
      () => undefined,
    );
  }

  stop(): void {
    this.stopped = true;
    window.clearTimeout(this.deviceTimer);
  }

  /** Lets a stopped session go on, as when the page comes back from the browser's cache. */
  resume(): void {
    if (this.snapshot.standing === 'done') return;
    this.stopped = false;
    this.lastTickMs = this.options.now();
    this.keepWorking();
  }
}

function standingAfter(error: ApiError): Standing {
  switch (error.code) {
    case 'claim_taken_over':
      return 'elsewhere';
    case 'task_canceled':
      return 'canceled';
    case 'already_submitted':
      return 'handed_in';
    default:
      return 'lost';
  }
}

/** Which draft to open with: the newest by version, never by clock. */
export function chooseDraft(
  claim: Claim,
  device: DeviceDraft | null,
): { draft: unknown; ahead: boolean; conflict: ClaimSnapshot['conflict'] } {
  if (device === null || !device.ahead) return { draft: claim.draft, ahead: false, conflict: null };
  // The page before sent its last draft while it closed, and heard no answer.
  if (sameJson(device.draft, claim.draft)) return { draft: claim.draft, ahead: false, conflict: null };
  if (device.baseVersion >= claim.draft_version) return { draft: device.draft, ahead: true, conflict: null };
  return {
    draft: device.draft,
    ahead: true,
    conflict: { version: claim.draft_version, draft: claim.draft },
  };
}
