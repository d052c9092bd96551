/** The language in which the reader wants the examples. Kept for this tab, over reloads. */
import { useSyncExternalStore } from 'react';
import { LANGUAGES, type LanguageId } from './samples';

const STORAGE_KEY = 'weighbridge.docs.language';
const listeners = new Set<() => void>();
let chosen: LanguageId | null = null;

function stored(): LanguageId {
  let text: string | null = null;
  try {
    text = sessionStorage.getItem(STORAGE_KEY);
  } catch {
    // Without storage the choice holds until the page is closed.
  }
  return LANGUAGES.find(({ id }) => id === text)?.id ?? 'curl';
}

function current(): LanguageId {
  chosen ??= stored();
  return chosen;
}

export function setReaderLanguage(language: LanguageId): void {
  chosen = language;
  try {
    sessionStorage.setItem(STORAGE_KEY, language);
  } catch {
    // As above.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useReaderLanguage(): LanguageId {
  return useSyncExternalStore(subscribe, current);
}
