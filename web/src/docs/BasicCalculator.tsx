import { useId, useState } from 'react';
import styles from './BasicCalculator.module.css';
import { basicSteps, keyProblem } from './basic-auth';

/** The key of the example; it opens nothing. */
const EXAMPLE_KEY = 'live_ScaleRocks';

/** Turns a typed key into its header, step by step. Nothing leaves the page. */
export function BasicCalculator() {
  const id = useId();
  const [key, setKey] = useState(EXAMPLE_KEY);
  const problem = keyProblem(key);
  const steps = problem ? null : basicSteps(key);
  return (
    <section className={styles.box} aria-label="Header calculator">
      <div className={styles.field}>
        <label htmlFor={id}>Any key; it does not leave this page</label>
        <input
          id={id}
          type="text"
          autoComplete="off"
          spellCheck={false}
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
      </div>
      {problem && <p className={styles.problem}>{problem}</p>}
      {steps && (
        <dl className={styles.steps} aria-live="polite">
          <div>
            <dt>1. Key, colon, blank password</dt>
            <dd data-step="joined">{steps.joined}</dd>
          </div>
          <div>
            <dt>2. The same in Base64</dt>
            <dd data-step="encoded">{steps.encoded}</dd>
          </div>
          <div>
            <dt>3. The header</dt>
            <dd data-step="header">Authorization: {steps.header}</dd>
          </div>
        </dl>
      )}
    </section>
  );
}
