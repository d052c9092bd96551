/** A replay in numbers and words, and what may be done to it. */
import { counted } from '../../lib/money';
import { waitingTime } from '../../lib/time';
import type { CallbackState, Replay, ReplayFilter, ReplayPreview } from './types';

/** States that a replay can send anew: what goes out by itself is never among them. */
export const REPLAYED_STATES: CallbackState[] = ['failed', 'blocked', 'discarded', 'superseded', 'delivered'];

/** What a replay would do, in sentences. */
export function previewText({ count, purged, older_states }: ReplayPreview): string {
  const sentences = [
    count === 0 ? 'No callback matches.' : `${counted(count, 'callback')} would be sent again.`,
  ];
  if (older_states > 0) {
    sentences.push(
      `${counted(older_states, 'older state')} left out: ${older_states === 1 ? 'its task has' : 'their tasks have'} told a newer one.`,
    );
  }
  if (purged > 0) {
    sentences.push(`${counted(purged, 'callback')} cannot be sent: retention has emptied the body.`);
  }
  return sentences.join(' ');
}

/** Share that is done, 0 to 1. */
export function shareDone({ sent, total, state }: Replay): number {
  if (total === 0) return state === 'done' ? 1 : 0;
  return Math.min(1, sent / total);
}

/** Below this many sends nothing is said of the time left: it would only jump about. */
const SENT_BEFORE_ESTIMATE = 20;

/** "about 3 minutes left", by the rate since the start; null where that cannot be told. */
export function timeLeft({ state, sent, total, created_at }: Replay, now: number): string | null {
  const seconds = (now - Date.parse(created_at)) / 1000;
  if (state !== 'running' || sent < SENT_BEFORE_ESTIMATE || sent >= total || !(seconds > 0)) return null;
  const rate = sent / seconds;
  return `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)} a second, about ${waitingTime((total - sent) / rate)} left`;
}

/** What was chosen for a replay: "failed callbacks, task.completed, to https://x:443". */
export function filterText({ state, event, project, target }: ReplayFilter): string {
  const parts = [
    state ? `${state} callbacks` : 'callbacks',
    event,
    project && `project ${project}`,
    target && `to ${target}`,
  ];
  return parts.filter(Boolean).join(', ');
}
