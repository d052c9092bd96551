/** Drafts kept in the browser, so that work outlives a lost connection, a crash or an expired session. */
import { createStore, delMany, entries, get, set, type UseStore } from 'idb-keyval';

export interface DeviceDraft {
  draft: unknown;
  /** The server's draft version that this one grew from. */
  baseVersion: number;
  /** Whether it holds anything that the server has not. */
  ahead: boolean;
  savedAtMs: number;
}

const KEPT_FOR_MS = 7 * 86_400_000;

let store: UseStore | null = null;

function draftStore(): UseStore {
  store ??= createStore('weighbridge', 'drafts');
  return store;
}

export async function loadDeviceDraft(claimId: string): Promise<DeviceDraft | null> {
  try {
    return (await get<DeviceDraft>(claimId, draftStore())) ?? null;
  } catch {
    // A browser that keeps nothing still works; the server has the draft.
    return null;
  }
}

/** @throws when the browser refuses to store it */
export function saveDeviceDraft(claimId: string, draft: DeviceDraft): Promise<void> {
  return set(claimId, draft, draftStore());
}

/** Forgets what was submitted or skipped, and everything older than seven days. */
export async function forgetDeviceDrafts(claimId: string, nowMs: number): Promise<void> {
  try {
    const stored = await entries<string, DeviceDraft>(draftStore());
    const gone = stored.filter(([id, draft]) => id === claimId || nowMs - draft.savedAtMs > KEPT_FOR_MS);
    await delMany(
      gone.map(([id]) => id),
      draftStore(),
    );
  } catch {
    // What cannot be deleted does no harm: a claim id never comes back.
  }
}
