import { exactTime } from '../../lib/time';
import { useNow } from './use-now';
import { countdown } from './words';

/** How long until a moment, each second anew; the exact moment is in the tooltip. */
export function Countdown({ iso }: { iso: string }) {
  const now = useNow();
  return (
    <time dateTime={iso} title={exactTime(iso)}>
      {countdown(iso, now)}
    </time>
  );
}
