/**
 * Undo and redo for every task type. Drafts are never changed in place, so a step keeps only the parts that differ
 * from its neighbours.
 */
export interface DraftHistory<Draft> {
  past: Draft[];
  present: Draft;
  future: Draft[];
  mergeKey: string | null;
  changedAtMs: number;
}

export const UNDO_STEPS_MAX = 500;
const MERGE_WINDOW_MS = 1500;

export function startHistory<Draft>(draft: Draft): DraftHistory<Draft> {
  return { past: [], present: draft, future: [], mergeKey: null, changedAtMs: 0 };
}

/** A new step; it joins the last one when both have the same merge key and little time lies between. */
export function record<Draft>(
  history: DraftHistory<Draft>,
  next: Draft,
  nowMs: number,
  mergeKey: string | null = null,
): DraftHistory<Draft> {
  if (next === history.present) return history;
  const merges =
    mergeKey !== null && mergeKey === history.mergeKey && nowMs - history.changedAtMs < MERGE_WINDOW_MS;
  return {
    past: merges ? history.past : [...history.past, history.present].slice(-UNDO_STEPS_MAX),
    present: next,
    future: [],
    mergeKey,
    changedAtMs: nowMs,
  };
}

export function undo<Draft>(history: DraftHistory<Draft>): DraftHistory<Draft> {
  const previous = history.past.at(-1);
  if (history.past.length === 0) return history;
  return {
    past: history.past.slice(0, -1),
    present: previous as Draft,
    future: [history.present, ...history.future],
    mergeKey: null,
    changedAtMs: 0,
  };
}

export function redo<Draft>(history: DraftHistory<Draft>): DraftHistory<Draft> {
  if (history.future.length === 0) return history;
  return {
    past: [...history.past, history.present],
    present: history.future[0] as Draft,
    future: history.future.slice(1),
    mergeKey: null,
    changedAtMs: 0,
  };
}
