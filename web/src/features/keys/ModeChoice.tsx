import { useId } from 'react';
import type { Mode } from '../../api/types';
import styles from './KeyDialogs.module.css';

const ABOUT: Record<Mode, string> = {
  test: 'answers are made up, nothing is charged',
  live: 'people do the work, and it is charged',
};

/** Which mode a new key opens. The viewed mode comes first. */
export function ModeChoice({
  first,
  mode,
  onChange,
}: {
  first: Mode;
  mode: Mode;
  onChange: (mode: Mode) => void;
}) {
  const name = useId();
  const modes: Mode[] = first === 'live' ? ['live', 'test'] : ['test', 'live'];
  return (
    <fieldset className={styles.choices}>
      <legend>Mode</legend>
      {modes.map((choice) => (
        <label key={choice} className={styles.choice}>
          <input type="radio" name={name} checked={mode === choice} onChange={() => onChange(choice)} />
          {choice === 'live' ? 'Live' : 'Test'}: {ABOUT[choice]}
        </label>
      ))}
    </fieldset>
  );
}
