import styles from './PhasesBar.module.css';
import { phasesOf, phasesText } from './phases';
import type { Attempt, Limits } from './types';

/** Length of the bar in its own units: the limit of the whole try. */
const BAR = 1000;
/** A phase that took place shows, however short. */
const SHORTEST = 4;

/** How long a try took, by phases, against the limits. The text below says the same. */
export function PhasesBar({ attempt, limits }: { attempt: Attempt; limits: Limits }) {
  const phases = phasesOf(attempt);
  if (phases.length === 0) return null;
  const at = (ms: number) => (Math.min(ms, limits.whole_ms) / limits.whole_ms) * BAR;
  return (
    <div className={styles.phases}>
      <svg className={styles.bar} viewBox={`0 0 ${BAR} 12`} preserveAspectRatio="none" aria-hidden="true">
        <rect className={styles.limit} width={BAR} height="12" />
        {phases.map(({ name, start_ms, took_ms }, index) => (
          <rect
            key={name}
            className={styles[name]}
            x={at(start_ms) + index * SHORTEST}
            width={Math.max(SHORTEST, at(took_ms))}
            height="12"
          />
        ))}
        <rect className={styles.mark} x={at(limits.connect_ms)} width="2" height="12" />
      </svg>
      <p className={styles.text}>{phasesText(attempt, limits)}</p>
    </div>
  );
}
