import { useState } from 'react';
import type { Mode } from '../../api/types';
import { counted } from '../../lib/money';
import { DiscardDialog } from './DiscardDialog';
import { TargetCard } from './TargetCard';
import styles from './TargetList.module.css';
import type { Target } from './types';

interface TargetListProps {
  mode: Mode;
  targets: Target[];
  /** Counts of a target that reach this are not counted any further. */
  countsCappedAt: number;
  /** Whether the viewer may pause, resume and discard. */
  mayAct: boolean;
}

/** Where callbacks go: those with trouble in view, the others folded away. */
export function TargetList({ mode, targets, countsCappedAt, mayAct }: TargetListProps) {
  const [discarding, setDiscarding] = useState<Target | null>(null);
  const [done, setDone] = useState('');
  const troubled = targets.filter(({ state }) => state !== 'ok');
  const healthy = targets.filter(({ state }) => state === 'ok');
  const shown = (some: Target[]) => (
    <ul className={styles.list}>
      {some.map((target) => (
        <TargetCard
          key={target.target}
          mode={mode}
          target={target}
          countsCappedAt={countsCappedAt}
          mayAct={mayAct}
          onDone={setDone}
          onDiscard={() => setDiscarding(target)}
        />
      ))}
    </ul>
  );
  if (targets.length === 0) return null;
  return (
    <section aria-labelledby="callback-targets" className={styles.targets}>
      <h2 id="callback-targets">Targets</h2>
      <p role="status" className={done === '' ? 'visually-hidden' : styles.done}>
        {done}
      </p>
      {troubled.length > 0 && shown(troubled)}
      {healthy.length > 0 && (
        <details className={styles.healthy}>
          <summary>{counted(healthy.length, 'target')} without trouble</summary>
          {shown(healthy)}
        </details>
      )}
      {discarding && (
        <DiscardDialog
          mode={mode}
          target={discarding}
          countsCappedAt={countsCappedAt}
          onDone={setDone}
          onClose={() => setDiscarding(null)}
        />
      )}
    </section>
  );
}
