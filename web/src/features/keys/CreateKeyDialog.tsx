import { type FormEvent, useId, useState } from 'react';
import type { Key, Mode, Receipt } from '../../api/types';
import { Dialog, SubmitActions } from '../../ui/Dialog';
import { useSending } from '../session/use-sending';
import { nameProblem } from './KeyCard';
import type { KeyDialogProps } from './KeyDialogs';
import styles from './KeyDialogs.module.css';
import { ModeChoice } from './ModeChoice';
import { NewKeyText } from './NewKeyText';
import { useKeyRequests } from './use-key-requests';

interface CreateKeyDialogProps extends KeyDialogProps {
  mode: Mode;
  shownOnce: boolean;
}

/** Asks for a name, makes the key and shows its text. */
export function CreateKeyDialog({ mode: viewed, shownOnce, onClose }: CreateKeyDialogProps) {
  const id = useId();
  const { change, passwordDialog } = useKeyRequests();
  const { sending, failure, run, fail } = useSending();
  const [mode, setMode] = useState(viewed);
  const [name, setName] = useState('');
  const [made, setMade] = useState<{ key: Key; text: string; receipt: Receipt } | null>(null);

  function create(event: FormEvent) {
    event.preventDefault();
    const problem = nameProblem(name);
    if (problem) {
      fail(problem);
      document.getElementById(id)?.focus();
      return;
    }
    void run(async () =>
      setMade(await change('POST', '/web/keys', { environment: mode, name: name.trim() })),
    );
  }

  if (made) {
    return (
      <Dialog title={`Key ${made.key.name} is made`} onClose={onClose}>
        <NewKeyText
          text={made.text}
          receipt={made.receipt}
          shownOnce={shownOnce}
          chargesIn={mode}
          onClose={onClose}
        />
      </Dialog>
    );
  }
  return (
    <Dialog title="Create a key" onClose={onClose}>
      <form className={styles.form} noValidate onSubmit={create}>
        <div>
          <label htmlFor={id}>Name</label>
          <input
            id={id}
            type="text"
            value={name}
            data-autofocus
            onChange={(event) => setName(event.target.value)}
            aria-invalid={failure !== null}
            aria-describedby={`${id}-hint ${id}-failure`}
          />
          <p id={`${id}-hint`} className={styles.hint}>
            Which program will use it, such as "nightly import".
          </p>
          <p id={`${id}-failure`} role="alert" className={styles.failure}>
            {failure}
          </p>
        </div>
        <ModeChoice first={viewed} mode={mode} onChange={setMode} />
        <SubmitActions sending={sending} onCancel={onClose}>
          Create
        </SubmitActions>
      </form>
      {passwordDialog}
    </Dialog>
  );
}
