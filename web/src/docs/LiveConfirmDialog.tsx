import { useId, useState } from 'react';
import { Button } from '../ui/Button';
import { Dialog, DialogActions } from '../ui/Dialog';
import styles from './LiveConfirmDialog.module.css';

/** What the reader types to agree. */
const WORD = 'charge';

/** Asks, once for each key and tab, before the first call that a person does and the account pays. */
export function LiveConfirmDialog({
  onConfirmed,
  onClose,
}: {
  onConfirmed: () => void;
  onClose: () => void;
}) {
  const id = useId();
  const [typed, setTyped] = useState('');
  const agreed = typed.trim().toLowerCase() === WORD;
  return (
    <Dialog title="This is a live key" onClose={onClose}>
      <p>
        With it, this creates a real task and a charge: a person does the work. A test key does the same for
        nothing, with a made-up answer.
      </p>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (agreed) onConfirmed();
        }}
      >
        <label htmlFor={id}>
          Type <strong>{WORD}</strong> to go on
        </label>
        <input
          id={id}
          type="text"
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" refused={!agreed && `Type "${WORD}" first.`}>
            Create a real task
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
