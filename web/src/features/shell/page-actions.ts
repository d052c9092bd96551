/** Actions of the page that is open, for the search over everything. */
import { useEffect, useRef } from 'react';
import type { Entry } from './palette';

const actionsOf = new Map<symbol, Entry[]>();

/** What the open page offers now. */
export function pageActions(): Entry[] {
  return [...actionsOf.values()].flat();
}

/** Offers actions while the calling component is on the screen. */
export function usePageActions(actions: Entry[]): void {
  const owner = useRef(Symbol('page actions'));
  useEffect(() => {
    actionsOf.set(owner.current, actions);
  });
  useEffect(() => {
    const key = owner.current;
    return () => {
      actionsOf.delete(key);
    };
  }, []);
}
