import { useState } from 'react';
import { GivenUp } from './use-recent-log-in';

interface Sending {
  sending: boolean;
  /** What to tell of the last try, or null. */
  failure: string | null;
  /** Does the work unless it is being done already, and keeps how it failed. */
  run: (work: () => Promise<void>) => Promise<void>;
  fail: (text: string | null) => void;
}

/** The state of a form or button that sends something. */
export function useSending(): Sending {
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  async function run(work: () => Promise<void>): Promise<void> {
    if (sending) return;
    setSending(true);
    setFailure(null);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof GivenUp)) {
        setFailure(error instanceof Error ? error.message : 'That did not work.');
      }
    } finally {
      setSending(false);
    }
  }

  return { sending, failure, run, fail: setFailure };
}
