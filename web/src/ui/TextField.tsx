import { type ComponentProps, useId } from 'react';
import styles from './TextField.module.css';

interface TextFieldProps extends Omit<ComponentProps<'input'>, 'id' | 'type'> {
  label: string;
  type?: 'text' | 'email';
  hint?: string;
  /** What is wrong with the value; read out with the field. */
  error?: string | null;
}

/** A line of text with its label above, and hint and error below. */
export function TextField({ label, type = 'text', hint, error, ...rest }: TextFieldProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <input
        {...rest}
        id={id}
        type={type}
        aria-invalid={Boolean(error)}
        aria-describedby={`${id}-hint ${id}-error`}
      />
      <p id={`${id}-hint`} className={styles.hint}>
        {hint}
      </p>
      <p id={`${id}-error`} className={styles.error}>
        {error}
      </p>
    </div>
  );
}
