/** The task that "Try it!" made last in this tab, for the examples that need one. */
import { useSyncExternalStore } from 'react';
import type { TriedCall } from './try-it';

let taskId: string | null = null;
const listeners = new Set<() => void>();

/** Remembers the id when the call made a task. */
export function noteTask(tried: TriedCall): void {
  if (tried.status !== 200 || tried.method !== 'POST') return;
  try {
    const answer = JSON.parse(tried.body) as { task_id?: unknown };
    if (typeof answer.task_id !== 'string') return;
    taskId = answer.task_id;
  } catch {
    return;
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLastTaskId(): string | null {
  return useSyncExternalStore(subscribe, () => taskId);
}
