import { type FormEvent, useId, useState } from 'react';
import { apiPath } from '../../api/client';
import type { Key, Receipt } from '../../api/types';
import { shortTime } from '../../lib/time';
import { Dialog, SubmitActions } from '../../ui/Dialog';
import { useSending } from '../session/use-sending';
import type { KeyDialogProps } from './KeyDialogs';
import styles from './KeyDialogs.module.css';
import { isEnded, OVERLAPS, type Overlap, stillUsedBy } from './key-words';
import { NewKeyText } from './NewKeyText';
import { useKeyRequests } from './use-key-requests';

interface RollKeyDialogProps extends KeyDialogProps {
  apiKey: Key;
  kind: 'api' | 'callback';
  shownOnce: boolean;
}

interface Rolled {
  key: Key;
  text: string;
  old: Key;
  receipt: Receipt;
}

/** Asks when the old key ends, makes the new one and shows its text. */
export function RollKeyDialog({ apiKey, kind, shownOnce, onClose }: RollKeyDialogProps) {
  const name = useId();
  const { change, passwordDialog } = useKeyRequests();
  const { sending, failure, run } = useSending();
  const [overlap, setOverlap] = useState<Overlap>('24h');
  const [rolled, setRolled] = useState<Rolled | null>(null);

  function roll(event: FormEvent) {
    event.preventDefault();
    void run(async () =>
      setRolled(await change('POST', apiPath('web', 'keys', apiKey.key_id, 'roll'), { overlap })),
    );
  }

  if (rolled) {
    const { old } = rolled;
    return (
      <Dialog title="The new key" onClose={onClose}>
        <p>
          {isEnded(old) || old.expires_at === null
            ? 'The old key has ended.'
            : `The old key works until ${shortTime(old.expires_at)}, then stops. Programs that still use it: ` +
              `${stillUsedBy(old, Date.now())}.`}
        </p>
        <NewKeyText
          text={rolled.text}
          receipt={rolled.receipt}
          shownOnce={shownOnce}
          chargesIn={kind === 'api' ? old.environment : null}
          onClose={onClose}
        />
      </Dialog>
    );
  }
  return (
    <Dialog title={`Roll ${apiKey.hint}?`} onClose={onClose}>
      <form className={styles.form} onSubmit={roll}>
        <p>
          {kind === 'api'
            ? 'A new key with the same name is made. Both work until the old one ends.'
            : 'Callbacks carry the new key in scale-callback-auth, and until the old one ends also that one, ' +
              'in scale-callback-auth-previous.'}
        </p>
        <fieldset className={styles.choices}>
          <legend>The old key ends</legend>
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
            {kind === 'api'
              ? 'Requests with the old key fail at once.'
              : 'Receivers that compare with the old key refuse callbacks from now on.'}
          </p>
        )}
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
        <SubmitActions sending={sending} onCancel={onClose}>
          Roll key
        </SubmitActions>
      </form>
      {passwordDialog}
    </Dialog>
  );
}
