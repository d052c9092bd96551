/** The filters of the list of callbacks, as they stand in the address. Absent means any. */
import type { CallbackState } from './types';

export interface CallbackFilter {
  /** A state, or `problem`: failed, blocked, held, or pending after a failed try. */
  state?: string | undefined;
  target?: string | undefined;
  project?: string | undefined;
  event?: string | undefined;
  task?: string | undefined;
  /** RFC 3339; made at or after it. */
  since?: string | undefined;
  /** RFC 3339; made before it. */
  until?: string | undefined;
  cursor?: string | undefined;
}

export const FILTER_NAMES = [
  'state',
  'target',
  'project',
  'event',
  'task',
  'since',
  'until',
  'cursor',
] as const satisfies readonly (keyof CallbackFilter)[];

/** Reads the filters from the address; what is no text is left out. */
export function readCallbackFilter(search: Record<string, unknown>): CallbackFilter {
  const filter: CallbackFilter = {};
  for (const name of FILTER_NAMES) {
    const value = search[name];
    if (typeof value === 'string' && value !== '') filter[name] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') filter[name] = String(value);
  }
  return filter;
}

/** Whether anything but the page of the list is chosen. */
export function isFiltered(filter: CallbackFilter): boolean {
  return FILTER_NAMES.some((name) => name !== 'cursor' && filter[name] !== undefined);
}

/** Every event that callbacks tell; the first three are the original's. */
export const EVENTS = ['task.completed', 'task.error', 'batch.completed'];

export const STATE_WORDS: Record<CallbackState, string> = {
  pending: 'Pending',
  sending: 'Sending',
  delivered: 'Delivered',
  failed: 'Failed',
  blocked: 'Blocked',
  superseded: 'Superseded',
  held: 'Held',
  discarded: 'Discarded',
};

/** A moment as the value of a `datetime-local` field, in the reader's zone; empty for none. */
export function localMoment(iso: string | undefined): string {
  const time = new Date(iso ?? '');
  if (Number.isNaN(time.getTime())) return '';
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** The moment that a `datetime-local` field gives, as RFC 3339; undefined for none. */
export function momentOf(local: string): string | undefined {
  const time = new Date(local);
  return local === '' || Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
