/**
 * Which claim this tab has open. The server cannot tell tabs of one browser apart: to it, a page that was left and
 * opened again a moment later looks like a second tab.
 */
import type { Claim } from '../api/types';

const STORAGE_KEY = 'weighbridge.claim';

export function rememberTabClaim(claimId: string, epoch: number): void {
  try {
    sessionStorage.setItem(STORAGE_KEY, `${claimId} ${epoch}`);
  } catch {
    // Without storage the tab asks before it goes on.
  }
}

/** Whether this very tab had the claim, and none has taken it over since. */
export function isTabClaim({ claim_id, epoch }: Claim): boolean {
  try {
    return sessionStorage.getItem(STORAGE_KEY) === `${claim_id} ${epoch}`;
  } catch {
    return false;
  }
}
