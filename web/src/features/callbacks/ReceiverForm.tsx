import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { apiPath, request } from '../../api/client';
import type { Mode } from '../../api/types';
import { Button } from '../../ui/Button';
import { Dialog, DialogActions } from '../../ui/Dialog';
import { useSending } from '../session/use-sending';
import { callbacksKey } from './queries';
import styles from './TestReceiver.module.css';
import type { Receiver } from './types';

interface ReceiverFormProps {
  mode: Mode;
  /** The one to change, or null to make one. */
  receiver: Receiver | null;
}

/** How the test receiver answers; makes it where there is none. */
export function ReceiverForm({ mode, receiver }: ReceiverFormProps) {
  const id = useId();
  const queryClient = useQueryClient();
  const [ending, setEnding] = useState(false);
  const [done, setDone] = useState('');
  const { sending, failure, run } = useSending();

  function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    setDone('');
    void run(async () => {
      await request('POST', apiPath('web', mode, 'receivers'), {
        answer_status: Number(values.get('status')),
        delay_ms: Number(values.get('delay')),
      });
      await queryClient.invalidateQueries({ queryKey: callbacksKey(mode) });
      setDone('It answers so from now on.');
    });
  }

  function end() {
    void run(async () => {
      await request('POST', apiPath('web', mode, 'receivers', 'delete'));
      setEnding(false);
      await queryClient.invalidateQueries({ queryKey: callbacksKey(mode) });
    });
  }

  return (
    <form aria-label="Answer of the test receiver" className={styles.form} onSubmit={save}>
      <div>
        <label htmlFor={`${id}-status`}>Answer with status</label>
        <input
          id={`${id}-status`}
          name="status"
          type="number"
          required
          min={200}
          max={599}
          defaultValue={receiver?.answer_status ?? 200}
        />
      </div>
      <div>
        <label htmlFor={`${id}-delay`}>After a delay of</label>
        <input
          id={`${id}-delay`}
          name="delay"
          type="number"
          required
          min={0}
          max={30_000}
          aria-describedby={`${id}-delay-hint`}
          defaultValue={receiver?.delay_ms ?? 0}
        />
        <p id={`${id}-delay-hint`} className={styles.hint}>
          Milliseconds; a try is cut at 15,000.
        </p>
      </div>
      <div className={styles.buttons}>
        <Button look={receiver === null ? 'primary' : 'secondary'} type="submit" aria-busy={sending}>
          {receiver === null ? 'Make a test receiver' : 'Save'}
        </Button>
        {receiver !== null && (
          <Button look="danger" onClick={() => setEnding(true)}>
            End it…
          </Button>
        )}
      </div>
      <p role="status" className={styles.told}>
        {done}
      </p>
      <p role="alert" className={`${styles.told} ${styles.failure}`}>
        {failure}
      </p>
      {ending && (
        <Dialog title="End this test receiver?" onClose={() => setEnding(false)}>
          <p>Its address stops working and what it received is deleted. A new one has another address.</p>
          <DialogActions>
            <Button onClick={() => setEnding(false)}>Keep it</Button>
            <Button look="danger" aria-busy={sending} onClick={end}>
              End it
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </form>
  );
}
