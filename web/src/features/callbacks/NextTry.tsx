import { Countdown } from './Countdown';
import type { CallbackItem } from './types';
import { nextWithoutMoment } from './words';

/** When the next try of a callback is, or what it waits for. */
export function NextTry({ callback }: { callback: CallbackItem }) {
  if (callback.resend !== null) return <>sent again now</>;
  if (callback.state !== 'pending' || callback.next_try_at === null) {
    return <>{nextWithoutMoment(callback)}</>;
  }
  return <Countdown iso={callback.next_try_at} />;
}
