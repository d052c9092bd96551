import { exactTime, relativeTime } from '../lib/time';

/** A moment: relative in the text, exact in the tooltip. */
export function Time({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={exactTime(iso)}>
      {relativeTime(iso)}
    </time>
  );
}
