import { type FormEvent, useId, useState } from 'react';
import { apiPath } from '../../api/client';
import type { Key, Receipt } from '../../api/types';
import { shortTime } from '../../lib/time';
import { Dialog, SubmitActions } from '../../ui/Dialog';
import { useSending } from '../session/use-sending';
import type { KeyDialogProps } from './KeyDialogs';
import styles from './KeyDialogs.module.css';
import { laterEnds, receiptText } from './key-words';
import { useKeyRequests } from './use-key-requests';

interface ExtendKeyDialogProps extends KeyDialogProps {
  apiKey: Key;
  rolledAt: string;
}

/** Gives the old one of two keys more time. */
export function ExtendKeyDialog({ apiKey, rolledAt, onClose, onDone }: ExtendKeyDialogProps) {
  const name = useId();
  const { change, passwordDialog } = useKeyRequests();
  const { sending, failure, run } = useSending();
  const [choices] = useState(() => laterEnds(apiKey, rolledAt, Date.now()));
  const [at, setAt] = useState(choices[0]?.at);

  function extend(event: FormEvent) {
    event.preventDefault();
    if (at === undefined) return;
    void run(async () => {
      const answer = await change<{ receipt: Receipt }>('PUT', apiPath('web', 'keys', apiKey.key_id, 'end'), {
        at,
      });
      onDone(`Key ${apiKey.hint} works until ${shortTime(at)}. ${receiptText(answer.receipt)}`);
      onClose();
    });
  }

  return (
    <Dialog title={`Extend ${apiKey.hint}?`} onClose={onClose}>
      <form className={styles.form} onSubmit={extend}>
        <fieldset className={styles.choices}>
          <legend>The old key ends</legend>
          {choices.map((choice) => (
            <label key={choice.words} className={styles.choice}>
              <input type="radio" name={name} checked={at === choice.at} onChange={() => setAt(choice.at)} />
              {choice.words} ({shortTime(choice.at)})
            </label>
          ))}
        </fieldset>
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
        <SubmitActions sending={sending} onCancel={onClose}>
          Extend
        </SubmitActions>
      </form>
      {passwordDialog}
    </Dialog>
  );
}
