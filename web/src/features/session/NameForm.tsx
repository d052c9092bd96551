import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/TextField';
import styles from './NameForm.module.css';
import { failureText, problemAt } from './plain-form';
import { GivenUp } from './use-recent-log-in';

interface NameFormProps {
  label: string;
  /** The name as it is. */
  name: string;
  hint?: string;
  autoComplete: AutoFill;
  onSave: (name: string) => Promise<void>;
}

/** One name and a button: of a person, of an account. */
export function NameForm({ label, name, hint, autoComplete, onSave }: NameFormProps) {
  const [value, setValue] = useState(name);
  const [missing, setMissing] = useState(false);
  const save = useMutation({ mutationFn: (wanted: string) => onSave(wanted) });
  const failed = save.isError && !(save.error instanceof GivenUp);
  const problem = problemAt(save.error, 'name');

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (save.isPending) return;
    const wanted = value.trim();
    setMissing(wanted === '');
    if (wanted !== '') save.mutate(wanted);
    else event.currentTarget.querySelector('input')?.focus();
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <TextField
        label={label}
        name="name"
        value={value}
        autoComplete={autoComplete}
        error={missing ? `${label} is required.` : problem}
        {...(hint === undefined ? {} : { hint })}
        onChange={(event) => setValue(event.target.value)}
      />
      {failed && problem === null && (
        <p role="alert" className={styles.failure}>
          {failureText(save.error)}
        </p>
      )}
      <div className={styles.foot}>
        <Button look="primary" type="submit" aria-busy={save.isPending}>
          Save
        </Button>
        <span role="status">{save.isSuccess && value.trim() === name && 'Saved.'}</span>
      </div>
    </form>
  );
}
