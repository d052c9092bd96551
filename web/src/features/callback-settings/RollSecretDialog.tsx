import { type FormEvent, useId, useState } from 'react';
import { apiPath } from '../../api/client';
import type { Mode, Receipt } from '../../api/types';
import { Dialog, SubmitActions } from '../../ui/Dialog';
import styles from '../keys/KeyDialogs.module.css';
import { OVERLAPS, type Overlap, receiptText } from '../keys/key-words';
import { useKeyRequests } from '../keys/use-key-requests';
import { useSending } from '../session/use-sending';
import type { SigningSecret } from './callback-settings';

interface RollSecretDialogProps {
  mode: Mode;
  secret: SigningSecret;
  onDone: (text: string) => void;
  onClose: () => void;
}

/** Asks when the old signing secret ends, and makes the new one. It can be revealed, so it is not shown here. */
export function RollSecretDialog({ mode, secret, onDone, onClose }: RollSecretDialogProps) {
  const name = useId();
  const { change, passwordDialog } = useKeyRequests();
  const { sending, failure, run } = useSending();
  const [overlap, setOverlap] = useState<Overlap>('24h');

  function roll(event: FormEvent) {
    event.preventDefault();
    void run(async () => {
      const { receipt } = await change<{ receipt?: Receipt }>(
        'POST',
        apiPath('web', mode, 'signing-secrets', 'roll'),
        { overlap: overlap === 'now' ? '0' : overlap },
      );
      const place = receipt ? ` ${receiptText(receipt)}` : '';
      onDone(`A new signing secret of ${mode} mode signs. Give it to your receivers.${place}`);
      onClose();
    });
  }

  return (
    <Dialog title={`Roll the ${mode} signing secret ${secret.hint}?`} onClose={onClose}>
      <form className={styles.form} onSubmit={roll}>
        <p>
          A new secret and a new pair of keys are made. Until the old ones end, each callback is signed with
          both, and a receiver that knows either accepts it.
        </p>
        <fieldset className={styles.choices}>
          <legend>The old secret ends</legend>
          {OVERLAPS.map((choice) => (
            <label key={choice.overlap} className={styles.choice}>
              <input
                type="radio"
                name={name}
                checked={overlap === choice.overlap}
                onChange={() => setOverlap(choice.overlap)}
              />
              {choice.words}
            </label>
          ))}
        </fieldset>
        {overlap === 'now' && (
          <p>
            Receivers that check with the old secret refuse callbacks from now on, those that wait included.
          </p>
        )}
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
        <SubmitActions sending={sending} onCancel={onClose}>
          Roll secret
        </SubmitActions>
      </form>
      {passwordDialog}
    </Dialog>
  );
}
