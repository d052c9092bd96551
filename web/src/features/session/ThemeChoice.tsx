import { useId, useState } from 'react';
import { chooseTheme, storedTheme, type Theme } from '../../lib/theme';
import styles from './ThemeChoice.module.css';

/** Light, dark, or what the system says; for this browser. */
export function ThemeChoice() {
  const id = useId();
  const [theme, setTheme] = useState<Theme>(storedTheme);
  return (
    <div className={styles.field}>
      <label htmlFor={id}>Colours</label>
      <select
        id={id}
        value={theme}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          const chosen = event.target.value as Theme;
          chooseTheme(chosen);
          setTheme(chosen);
        }}
      >
        <option value="system">As the system</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
      <p id={`${id}-hint`} className={styles.hint}>
        In this browser, at once.
      </p>
    </div>
  );
}
