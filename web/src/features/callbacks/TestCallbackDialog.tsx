import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useId, useState } from 'react';
import type { Mode } from '../../api/types';
import { Dialog, SubmitActions } from '../../ui/Dialog';
import { TextField } from '../../ui/TextField';
import { useSending } from '../session/use-sending';
import styles from './dialogs.module.css';
import { EventChoice } from './EventChoice';
import { EVENTS } from './filter';
import { callbacksKey } from './queries';
import { problemAt, sendTestCallback } from './resend';

/** Asks for an event and an address, sends a made-up callback there, and shows how that went. */
export function TestCallbackDialog({ mode, onClose }: { mode: Mode; onClose: () => void }) {
  const id = useId();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [event, setEvent] = useState(EVENTS[0] ?? '');
  const [url, setUrl] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const { sending, failure, run } = useSending();

  function send(submitted: FormEvent) {
    submitted.preventDefault();
    void run(async () => {
      setProblem(null);
      try {
        const callback = await sendTestCallback(mode, event, url.trim());
        void queryClient.invalidateQueries({ queryKey: callbacksKey(mode) });
        await navigate({ to: '/$mode/callbacks/$callbackId', params: { mode, callbackId: callback.id } });
      } catch (error) {
        const told = problemAt(error, 'url');
        if (told === null) throw error;
        setProblem(told);
        document.querySelector<HTMLElement>(`[data-dialog="${id}"] input`)?.focus();
      }
    });
  }

  return (
    <Dialog title="Send a test callback" onClose={onClose}>
      <form data-dialog={id} className={styles.form} noValidate onSubmit={send}>
        <p>
          A made-up body goes out as a real callback would, with your key and signature and the header{' '}
          <code>weighbridge-test: true</code>.
        </p>
        <EventChoice value={event} onChange={setEvent} />
        <TextField
          label="Address"
          hint="Where to: https://…"
          data-autofocus
          autoComplete="off"
          spellCheck={false}
          inputMode="url"
          value={url}
          onChange={(changed) => setUrl(changed.target.value)}
          error={problem}
        />
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
        <SubmitActions sending={sending} onCancel={onClose}>
          Send it
        </SubmitActions>
      </form>
    </Dialog>
  );
}
