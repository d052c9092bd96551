import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Dialog, SubmitActions } from '../../ui/Dialog';
import { useSending } from '../session/use-sending';
import styles from './KeyDialogs.module.css';

interface TypedConfirmDialogProps {
  title: string;
  /** What the field is for: "Type the last four characters to confirm". */
  label: string;
  /** What must be typed. */
  wanted: string;
  /** The button that does it. */
  action: string;
  onConfirmed: () => Promise<void>;
  onClose: () => void;
  children: ReactNode;
}

/** For what cannot be taken back: it is done only after something about it was typed. */
export function TypedConfirmDialog({
  title,
  label,
  wanted,
  action,
  onConfirmed,
  onClose,
  children,
}: TypedConfirmDialogProps) {
  const id = useId();
  const [typed, setTyped] = useState('');
  const { sending, failure, run, fail } = useSending();

  function confirm(event: FormEvent) {
    event.preventDefault();
    if (typed.trim() !== wanted) {
      fail(typed.trim() === '' ? 'Type it to confirm.' : 'That is not it. Upper and lower case count.');
      document.getElementById(id)?.focus();
      return;
    }
    void run(onConfirmed);
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <form className={styles.form} noValidate onSubmit={confirm}>
        {children}
        <div>
          <label htmlFor={id}>{label}</label>
          <input
            id={id}
            type="text"
            data-autofocus
            value={typed}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setTyped(event.target.value)}
            aria-invalid={failure !== null}
            aria-describedby={`${id}-failure`}
          />
          <p id={`${id}-failure`} role="alert" className={styles.failure}>
            {failure}
          </p>
        </div>
        <SubmitActions look="danger" sending={sending} onCancel={onClose}>
          {action}
        </SubmitActions>
      </form>
    </Dialog>
  );
}
