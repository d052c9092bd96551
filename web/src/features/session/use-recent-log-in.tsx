import { type ReactNode, useState } from 'react';
import { ApiError } from '../../api/client';
import { ConfirmPasswordDialog } from './ConfirmPasswordDialog';

/** Somebody closed the question for the password: nothing was done, and nothing needs to be said. */
export class GivenUp extends Error {}

interface RecentLogIn {
  /**
   * Does what asks for a recent log-in (authentication.md 2.7, sudo): where the server refuses it for the age of the
   * log-in, the password is asked for in place and the same is done again.
   *
   * @throws GivenUp when the question is closed; else what the action throws.
   */
  withRecentLogIn: <T>(action: () => Promise<T>) => Promise<T>;
  /** The question while it is open; every page that uses the hook shows it. */
  question: ReactNode;
}

/** `to` says what the password is asked for: "change roles". */
export function useRecentLogIn(to: string): RecentLogIn {
  const [waiting, setWaiting] = useState<{ goOn: () => void; giveUp: () => void } | null>(null);

  async function withRecentLogIn<T>(action: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'reauthentication_required')) throw error;
        await new Promise<void>((resolve, reject) =>
          setWaiting({ goOn: resolve, giveUp: () => reject(new GivenUp()) }),
        );
      }
    }
  }

  const question = waiting && (
    <ConfirmPasswordDialog
      to={to}
      onConfirmed={() => {
        setWaiting(null);
        waiting.goOn();
      }}
      onClose={() => {
        setWaiting(null);
        waiting.giveUp();
      }}
    />
  );
  return { withRecentLogIn, question };
}
