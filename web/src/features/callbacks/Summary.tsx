import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Mode } from '../../api/types';
import { count } from '../../lib/money';
import { Time } from '../../ui/Time';
import styles from './Summary.module.css';
import type { CallbackSummary } from './types';
import { countUpTo, duration, percent } from './words';

/** How delivery stands. The cards are there from the start, so that numbers which come later move nothing. */
export function Summary({ mode, summary }: { mode: Mode; summary: CallbackSummary | undefined }) {
  const rate = summary?.success_rate ?? null;
  return (
    <dl className={styles.cards}>
      <Card name="Success rate" note={summary && summary.ended > 0 && `of the last ${count(summary.ended)}`}>
        {rate === null ? '–' : percent(rate)}
      </Card>
      <Card
        name="Time to the first try"
        note={summary?.lag_ms && `99 of 100 within ${duration(summary.lag_ms.p99)}`}
      >
        {summary?.lag_ms ? duration(summary.lag_ms.p50) : '–'}
      </Card>
      <Card
        name="Pending"
        note={
          summary?.oldest_due_at && (
            <>
              oldest <Time iso={summary.oldest_due_at} />
            </>
          )
        }
      >
        <Filtered mode={mode} state="pending" n={summary?.pending} summary={summary} />
      </Card>
      <Card name="Held">
        <Filtered mode={mode} state="held" n={summary?.held} summary={summary} />
      </Card>
      <Card name="Failed">
        <Filtered mode={mode} state="failed" n={summary?.failed} summary={summary} />
      </Card>
    </dl>
  );
}

function Card({ name, note, children }: { name: string; note?: ReactNode; children: ReactNode }) {
  return (
    <div className={styles.card}>
      <dt>{name}</dt>
      <dd>
        <span className={styles.number}>{children}</span>
        <span className={styles.note}>{note}</span>
      </dd>
    </div>
  );
}

interface FilteredProps {
  mode: Mode;
  state: 'pending' | 'held' | 'failed';
  n: number | undefined;
  summary: CallbackSummary | undefined;
}

/** A count that leads to what it counts. */
function Filtered({ mode, state, n, summary }: FilteredProps) {
  if (n === undefined || summary === undefined) return '–';
  return (
    <Link to="/$mode/callbacks" params={{ mode }} search={{ state }}>
      {countUpTo(n, summary.counts_capped_at)}
      <span className="visually-hidden"> {state} callbacks</span>
    </Link>
  );
}
