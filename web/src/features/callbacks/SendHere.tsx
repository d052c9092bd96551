import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { Mode } from '../../api/types';
import { Button } from '../../ui/Button';
import { useSending } from '../session/use-sending';
import { EventChoice } from './EventChoice';
import { EVENTS } from './filter';
import { callbacksKey } from './queries';
import { sendTestCallback } from './resend';
import styles from './TestReceiver.module.css';
import type { CallbackItem } from './types';

/** Sends a made-up callback to the test receiver. */
export function SendHere({ mode, url }: { mode: Mode; url: string }) {
  const queryClient = useQueryClient();
  const [event, setEvent] = useState(EVENTS[0] ?? '');
  const [sent, setSent] = useState<CallbackItem | null>(null);
  const { sending, failure, run } = useSending();

  function send(submitted: FormEvent) {
    submitted.preventDefault();
    void run(async () => {
      setSent(await sendTestCallback(mode, event, url));
      await queryClient.invalidateQueries({ queryKey: callbacksKey(mode) });
    });
  }

  return (
    <form aria-label="Test callback" className={styles.form} onSubmit={send}>
      <EventChoice value={event} onChange={setEvent} />
      <div className={styles.buttons}>
        <Button look="primary" type="submit" aria-busy={sending}>
          Send a test callback here
        </Button>
      </div>
      <p role="status" className={styles.told}>
        {sent && (
          <>
            On its way:{' '}
            <Link to="/$mode/callbacks/$callbackId" params={{ mode, callbackId: sent.id }}>
              {sent.event}
            </Link>
          </>
        )}
      </p>
      <p role="alert" className={`${styles.told} ${styles.failure}`}>
        {failure}
      </p>
    </form>
  );
}
