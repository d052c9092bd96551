import { useSyncExternalStore } from 'react';

const EVERY_MS = 1000;

let now = Date.now();
let timer: number | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    // Nobody kept it up to date while nobody watched.
    now = Date.now();
    timer = window.setInterval(() => {
      now = Date.now();
      for (const told of listeners) told();
    }, EVERY_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

/** The present in Unix ms, anew each second: one clock for all countdowns of a page, so that they tick together. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
