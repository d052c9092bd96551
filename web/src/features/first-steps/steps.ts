/** Which of the first steps are done, by what is there: nobody ticks them off. */
import type { HomeNumbers, Key } from '../../api/types';

export interface StepFacts {
  test: HomeNumbers | undefined;
  live: HomeNumbers | undefined;
  keys: Key[];
  /** How many of the team label, and open invitations to do so. */
  labelers: number;
  /** Where callbacks go that name no address. */
  defaultUrl: string | null;
  /** How many callbacks the test receiver has got. */
  received: number;
}

export interface StepsDone {
  key: boolean;
  testTask: boolean;
  liveTask: boolean;
  answer: boolean;
  callback: boolean;
  labeler: boolean;
}

export function stepsDone({ test, live, keys, labelers, defaultUrl, received }: StepFacts): StepsDone {
  const testTask = tasksOf(test) > 0;
  return {
    // Whoever made a test task has found the key, also one whose use is not written down yet.
    key: testTask || keys.some((key) => key.environment === 'test' && key.last_used_at !== null),
    testTask,
    liveTask: tasksOf(live) > 0,
    answer: (live?.completed_live_tasks ?? 0) > 0,
    callback: defaultUrl !== null || received > 0,
    labeler: labelers > 0,
  };
}

/** How many tasks a mode has, whatever became of them. */
export function tasksOf(numbers: HomeNumbers | undefined): number {
  return numbers ? Object.values(numbers.counts).reduce((sum, n) => sum + n, 0) : 0;
}

const CLOSED = 'weighbridge.first-steps-closed';

/** Whether the steps were closed on this device, for an account. */
export function stepsClosed(accountId: string): boolean {
  try {
    return localStorage.getItem(CLOSED) === accountId;
  } catch {
    return false;
  }
}

export function closeSteps(accountId: string, closed: boolean): void {
  try {
    if (closed) localStorage.setItem(CLOSED, accountId);
    else localStorage.removeItem(CLOSED);
  } catch {
    // Without storage they are back on the next visit.
  }
}
