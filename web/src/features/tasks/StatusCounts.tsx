import type { TaskStatus } from '../../api/types';
import { count } from '../../lib/money';
import { STATUS_WORDS } from './StatusBadge';
import styles from './StatusCounts.module.css';

/** How many tasks stand in each status. */
export function StatusCounts({ counts }: { counts: Record<TaskStatus, number> }) {
  return (
    <dl className={styles.counts}>
      {(Object.keys(STATUS_WORDS) as TaskStatus[]).map((status) => (
        <div key={status}>
          <dt>{STATUS_WORDS[status]}</dt>
          <dd>{count(counts[status])}</dd>
        </div>
      ))}
    </dl>
  );
}
