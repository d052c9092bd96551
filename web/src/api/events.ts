/**
 * News from the server: one stream of server-sent events a tab and mode. An event says what changed, not how; whoever
 * shows it asks anew.
 */

export type NewsKind = 'tasks' | 'keys' | 'team' | 'session' | 'callbacks';

export const NEWS_KINDS: readonly NewsKind[] = ['tasks', 'keys', 'team', 'session', 'callbacks'];

/** Without a stream everything is asked anew this often. */
export const ASK_EVERY_MS = 10_000;

const WAIT_MIN_MS = 1000;
const WAIT_MAX_MS = 30_000;

export interface NewsHandlers {
  /** Something of this kind changed. */
  onNews: (kind: NewsKind) => void;
  /** News may have been missed: anything may have changed. */
  onGap: () => void;
}

/** Milliseconds before the next try: doubling from 1 s to 30 s, with jitter, so that not all tabs come back at once. */
export function waitBeforeTryMs(failures: number, random: number): number {
  const most = Math.min(WAIT_MAX_MS, WAIT_MIN_MS * 2 ** failures);
  return Math.max(WAIT_MIN_MS, most * (0.5 + random / 2));
}

/**
 * Follows a stream until the returned function is called. A cut connection is taken up again by the browser, which
 * sends the id of the last event, so that nothing is lost; only where the browser gives up is a new stream opened, and
 * then everything counts as changed.
 */
export function followNews(
  url: string,
  { onNews, onGap }: NewsHandlers,
  openStream: (url: string) => EventSource = (address) => new EventSource(address),
): () => void {
  let stream: EventSource | null = null;
  let failures = 0;
  let missed = false;
  let asking: number | undefined;
  let waiting: number | undefined;

  function askInstead(): void {
    asking ??= window.setInterval(onGap, ASK_EVERY_MS);
  }

  function stopAsking(): void {
    window.clearInterval(asking);
    asking = undefined;
  }

  function open(): void {
    const opened = openStream(url);
    stream = opened;
    opened.addEventListener('open', () => {
      failures = 0;
      stopAsking();
      if (missed) onGap();
      missed = false;
    });
    opened.addEventListener('error', () => {
      askInstead();
      if (opened.readyState !== EventSource.CLOSED || stream !== opened) return;
      missed = true;
      stream = null;
      waiting = window.setTimeout(open, waitBeforeTryMs(failures, Math.random()));
      failures += 1;
    });
    for (const kind of NEWS_KINDS) opened.addEventListener(kind, () => onNews(kind));
  }

  open();
  return () => {
    stopAsking();
    window.clearTimeout(waiting);
    stream?.close();
    stream = null;
  };
}
