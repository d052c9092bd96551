/**
 * The key that the reader entered, for all examples of the docs. It lives in the memory of this tab alone: it goes into
 * no storage, no address and no request but the reader's own "Try it!".
 */
import { useSyncExternalStore } from 'react';

let key = '';
const listeners = new Set<() => void>();

export function setReaderKey(text: string): void {
  key = text;
  for (const listener of listeners) listener();
}

export function readerKey(): string {
  return key;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useReaderKey(): string {
  return useSyncExternalStore(subscribe, readerKey);
}
