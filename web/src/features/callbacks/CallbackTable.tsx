import { Link } from '@tanstack/react-router';
import type { Mode } from '../../api/types';
import { Badge } from '../../ui/Badge';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import styles from './CallbackTable.module.css';
import { NextTry } from './NextTry';
import { StateBadge } from './StateBadge';
import type { CallbackItem } from './types';
import { duration, heldWords, outcomeWords, shortTarget } from './words';

/** Callbacks, each a row that leads to its page. */
export function CallbackTable({ mode, callbacks }: { mode: Mode; callbacks: CallbackItem[] }) {
  return (
    <Table
      caption="Callbacks, newest first"
      rows={callbacks}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Event',
          rowHeader: true,
          whole: true,
          cell: (callback) => (
            <>
              <Link to="/$mode/callbacks/$callbackId" params={{ mode, callbackId: callback.id }}>
                {callback.event}
              </Link>
              {callback.is_test && (
                <>
                  {' '}
                  <Badge>test</Badge>
                </>
              )}
            </>
          ),
        },
        { head: 'Seq.', number: true, cell: ({ sequence }) => sequence },
        {
          head: 'Target',
          cell: ({ target, url }) => (
            <span className={styles.target} title={url}>
              {shortTarget(target)}
            </span>
          ),
        },
        {
          head: 'State',
          cell: ({ state, held_for }) => (
            <span title={state === 'held' ? heldWords(held_for) : undefined}>
              <StateBadge state={state} />
            </span>
          ),
        },
        {
          head: 'Status',
          cell: (callback) => (
            <span className={styles.status} title={statusTitle(callback)}>
              {lastStatus(callback)}
            </span>
          ),
        },
        {
          head: 'Latency',
          number: true,
          cell: ({ last_latency_ms }) => (last_latency_ms === null ? '–' : duration(last_latency_ms)),
        },
        {
          head: 'Try',
          whole: true,
          cell: ({ tries, tries_max, is_test }) => (is_test ? 'once' : `${tries} of ${tries_max}`),
        },
        {
          head: 'Next try',
          cell: (callback) => (
            <span className={styles.next}>
              <NextTry callback={callback} />
            </span>
          ),
        },
        {
          head: 'Made',
          whole: true,
          cell: ({ created_at }) => (
            <span className={styles.made}>
              <Time iso={created_at} />
            </span>
          ),
        },
      ]}
    />
  );
}

/** The status code of the last answer, or what came instead of an answer. */
function lastStatus({ last_status, last_outcome }: CallbackItem): string {
  if (last_status !== null) return String(last_status);
  return last_outcome === null ? '–' : outcomeWords(last_outcome);
}

function statusTitle({ last_outcome }: CallbackItem): string | undefined {
  return last_outcome === null ? undefined : outcomeWords(last_outcome);
}
