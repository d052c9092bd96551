import type { Claim, WorkTask } from '../api/types';

/** A task as the server hands it out, for tests. */
export function workTask(
  type: string,
  params: Record<string, unknown>,
  change: Partial<WorkTask> = {},
): WorkTask {
  return {
    task_id: '66b0c4d1e5a7f30912ab34cd',
    type,
    project: null,
    batch: null,
    instruction: null,
    params,
    attachments: [],
    created_at: '2026-11-24T09:12:00.000Z',
    ...change,
  };
}

export function claimOf(change: Partial<Claim> = {}): Claim {
  return {
    claim_id: 'claim1',
    task_id: '66b0c4d1e5a7f30912ab34cd',
    epoch: 1,
    state: 'active',
    lease_seconds_left: 900,
    draft_version: 0,
    draft: null,
    opened_here: true,
    ...change,
  };
}
