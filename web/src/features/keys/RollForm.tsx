import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { SubmitActions } from '../../ui/Dialog';
import { useSending } from '../session/use-sending';
import styles from './KeyDialogs.module.css';
import { OVERLAPS, type Overlap } from './key-words';

interface RollFormProps {
  /** What is rolled, as in "The old … ends". */
  noun: 'key' | 'secret';
  /** What rolling means. */
  children: ReactNode;
  /** What happens where the old one ends at once. */
  atOnce: string;
  onRoll: (overlap: Overlap) => Promise<void>;
  onCancel: () => void;
}

/** Asks when an old key or secret ends. */
export function RollForm({ noun, children, atOnce, onRoll, onCancel }: RollFormProps) {
  const name = useId();
  const { sending, failure, run } = useSending();
  const [overlap, setOverlap] = useState<Overlap>('24h');

  function roll(event: FormEvent) {
    event.preventDefault();
    void run(() => onRoll(overlap));
  }

  return (
    <form className={styles.form} onSubmit={roll}>
      <p>{children}</p>
      <fieldset className={styles.choices}>
        <legend>The old {noun} ends</legend>
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
      {overlap === 'now' && <p>{atOnce}</p>}
      <p role="alert" className={styles.failure}>
        {failure}
      </p>
      <SubmitActions sending={sending} onCancel={onCancel}>
        Roll {noun}
      </SubmitActions>
    </form>
  );
}
