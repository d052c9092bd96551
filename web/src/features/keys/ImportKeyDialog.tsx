import { type FormEvent, useId, useState } from 'react';
import type { Key, Mode, Receipt } from '../../api/types';
import { Dialog, SubmitActions } from '../../ui/Dialog';
import { useSending } from '../session/use-sending';
import { nameProblem } from './KeyCard';
import type { KeyDialogProps } from './KeyDialogs';
import styles from './KeyDialogs.module.css';
import { importProblem } from './key-form';
import { receiptText } from './key-words';
import { ModeChoice } from './ModeChoice';
import { useKeyRequests } from './use-key-requests';

/** Takes over a key from elsewhere, so that programs need no change. */
export function ImportKeyDialog({ mode: viewed, onClose, onDone }: KeyDialogProps & { mode: Mode }) {
  const id = useId();
  const { change, passwordDialog } = useKeyRequests();
  const { sending, failure, run } = useSending();
  const [mode, setMode] = useState(viewed);
  const [name, setName] = useState('');
  const [text, setText] = useState('');
  const [problems, setProblems] = useState<{ name: string | null; text: string | null } | null>(null);

  function importKey(event: FormEvent) {
    event.preventDefault();
    const found = { name: nameProblem(name), text: importProblem(text.trim(), mode) };
    setProblems(found);
    if (found.name || found.text) {
      document.getElementById(found.name ? `${id}-name` : `${id}-text`)?.focus();
      return;
    }
    void run(async () => {
      const answer = await change<{ key: Key; receipt: Receipt }>('POST', '/web/keys/import', {
        environment: mode,
        name: name.trim(),
        text: text.trim(),
      });
      onDone(`Key ${answer.key.hint} is imported. ${receiptText(answer.receipt)}`);
      onClose();
    });
  }

  return (
    <Dialog title="Import an existing key" onClose={onClose}>
      <form className={styles.form} noValidate onSubmit={importKey}>
        <p>
          The old key goes on working here, so programs that have it need no change. Only its digest is kept:
          it cannot be shown on this page.
        </p>
        <div>
          <label htmlFor={`${id}-name`}>Name</label>
          <input
            id={`${id}-name`}
            type="text"
            data-autofocus
            value={name}
            onChange={(event) => setName(event.target.value)}
            aria-invalid={Boolean(problems?.name)}
            aria-describedby={`${id}-name-problem`}
          />
          <p id={`${id}-name-problem`} className={styles.failure}>
            {problems?.name}
          </p>
        </div>
        <ModeChoice first={viewed} mode={mode} onChange={setMode} />
        <div>
          <label htmlFor={`${id}-text`}>Key</label>
          <input
            id={`${id}-text`}
            type="text"
            value={text}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => {
              setText(event.target.value);
              // Told to be wrong, it is told to be right as soon as it is; not on leaving it, when what stands below
              // would move from under the pointer.
              if (problems?.text)
                setProblems({ ...problems, text: importProblem(event.target.value.trim(), mode) });
            }}
            aria-invalid={Boolean(problems?.text)}
            aria-describedby={`${id}-text-problem`}
          />
          <p id={`${id}-text-problem`} className={styles.failure}>
            {problems?.text}
          </p>
        </div>
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
        <SubmitActions sending={sending} onCancel={onClose}>
          Import
        </SubmitActions>
      </form>
      {passwordDialog}
    </Dialog>
  );
}
