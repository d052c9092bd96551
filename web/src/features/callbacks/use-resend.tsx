import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Mode } from '../../api/types';
import { useSending } from '../session/use-sending';
import { OlderStateDialog } from './OlderStateDialog';
import { callbacksKey } from './queries';
import { type OlderState, olderState, type ResendOptions, resendCallback } from './resend';

interface Resend {
  sending: boolean;
  failure: string | null;
  /** What was done, for a status line; empty before. */
  done: string;
  /**
   * Sends a callback again; where its task has a newer state, the dialog asks which one to send. False where it failed.
   */
  send: (id: string, options?: ResendOptions) => Promise<boolean>;
  /** To be put onto the page. */
  dialog: ReactNode;
}

/**
 * Sends callbacks again. `refused` may take a failure to show it elsewhere, as at a field, and says whether it did.
 */
export function useResend(mode: Mode, refused: (error: unknown) => boolean = () => false): Resend {
  const queryClient = useQueryClient();
  const { sending, failure, run } = useSending();
  const [done, setDone] = useState('');
  const [asked, setAsked] = useState<{ id: string; options: ResendOptions; older: OlderState } | null>(null);

  async function send(id: string, options: ResendOptions = {}): Promise<boolean> {
    let failed = false;
    setDone('');
    await run(async () => {
      try {
        const callback = await resendCallback(mode, id, options);
        setDone(
          options.url
            ? `State ${callback.sequence} goes to the other address now, with the same id and body.`
            : `State ${callback.sequence} is sent again, with the same id and body.`,
        );
        await Promise.all([
          queryClient.invalidateQueries({ queryKey: callbacksKey(mode) }),
          queryClient.invalidateQueries({ queryKey: [mode, 'task'] }),
        ]);
      } catch (error) {
        const older = olderState(error);
        failed = older === null;
        if (older !== null) setAsked({ id, options, older });
        else if (!refused(error)) throw error;
      }
    });
    return !failed;
  }

  const dialog = asked && (
    <OlderStateDialog
      older={asked.older}
      onSend={(newest) => {
        setAsked(null);
        void (newest === null
          ? send(asked.id, { ...asked.options, confirm_older: true })
          : send(newest, asked.options));
      }}
      onClose={() => setAsked(null)}
    />
  );
  return { sending, failure, done, send, dialog };
}
