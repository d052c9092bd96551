import { useSyncExternalStore } from 'react';
import type { Mode } from '../../api/types';

/**
 * The mode that the shell shows. Most addresses name it; pages that belong to the account, such as the team, name
 * none, and there the mode last used in this tab goes on. Kept with the tab, so that two tabs stay apart; a new tab
 * begins with the one last used in this browser.
 */
const STORAGE_KEY = 'weighbridge.mode';
const listeners = new Set<() => void>();

/** The mode that an address names; null where it names none. */
export function modeOfPath(pathname: string): Mode | null {
  const [, first] = pathname.split('/');
  return first === 'live' || first === 'test' ? first : null;
}

export function lastMode(): Mode {
  try {
    return (sessionStorage.getItem(STORAGE_KEY) ?? localStorage.getItem(STORAGE_KEY)) === 'test'
      ? 'test'
      : 'live';
  } catch {
    return 'live';
  }
}

export function rememberMode(mode: Mode): void {
  try {
    sessionStorage.setItem(STORAGE_KEY, mode);
    localStorage.setItem(STORAGE_KEY, mode);
  } catch {
    // Without storage, pages without a mode show the live one.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The mode of the shell at an address. */
export function useShellMode(pathname: string): Mode {
  const last = useSyncExternalStore(subscribe, lastMode);
  return modeOfPath(pathname) ?? last;
}
