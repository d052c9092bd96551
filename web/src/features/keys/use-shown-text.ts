import { useEffect, useState } from 'react';

/** A revealed key is hidden again after this time. */
export const SHOWN_FOR_MS = 60_000;

/** The text of a key while it is shown: in memory only, and for a minute. */
export function useShownText(): [text: string | null, show: (text: string | null) => void] {
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    if (text === null) return;
    const timer = window.setTimeout(() => setText(null), SHOWN_FOR_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  return [text, setText];
}
