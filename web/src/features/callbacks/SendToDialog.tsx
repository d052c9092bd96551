import { type FormEvent, useState } from 'react';
import { Dialog, SubmitActions } from '../../ui/Dialog';
import { TextField } from '../../ui/TextField';
import styles from './dialogs.module.css';

interface SendToDialogProps {
  sending: boolean;
  /** What is wrong with the address. */
  problem: string | null;
  /** What else went wrong. */
  failure: string | null;
  onSend: (url: string) => void;
  onClose: () => void;
}

/** Asks for another address to send a callback to, once. */
export function SendToDialog({ sending, problem, failure, onSend, onClose }: SendToDialogProps) {
  const [url, setUrl] = useState('');

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!sending) onSend(url.trim());
  }

  return (
    <Dialog title="Send to another address" onClose={onClose}>
      <form className={styles.form} noValidate onSubmit={submit}>
        <p>
          Once, with the same id and body. The key and signature go along, so choose a server of yours.
          Whether the callback counts as delivered does not change.
        </p>
        <TextField
          label="Address"
          hint="https://…"
          data-autofocus
          autoComplete="off"
          spellCheck={false}
          inputMode="url"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
          error={problem}
        />
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
        <SubmitActions sending={sending} onCancel={onClose}>
          Send it there
        </SubmitActions>
      </form>
    </Dialog>
  );
}
