import type { Callback } from '../../api/types';
import { counted } from '../../lib/money';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import styles from './CallbackList.module.css';

/** A task's callbacks with every attempt. */
export function CallbackList({ callbacks }: { callbacks: Callback[] }) {
  if (callbacks.length === 0) {
    return (
      <p>
        None. A callback goes out when the task is completed, to its callback_url or the account's default.
      </p>
    );
  }
  return callbacks.map((callback) => (
    <div key={callback.id} className={styles.callback}>
      <p>
        <strong>{callback.event.replaceAll('_', ' ')}</strong> to <code>{callback.url}</code>:{' '}
        {stateText(callback)}
        {callback.next_try_at && (
          <>
            , next try <Time iso={callback.next_try_at} />
          </>
        )}
      </p>
      {callback.attempts.length > 0 && (
        <Table
          caption={`Attempts to deliver to ${callback.url}`}
          rows={callback.attempts}
          rowKey={(attempt) => String(attempt.n)}
          columns={[
            { head: 'Try', rowHeader: true, cell: (attempt) => `${attempt.n} of ${callback.tries_max}` },
            { head: 'Started', cell: (attempt) => <Time iso={attempt.started_at} /> },
            { head: 'Address', cell: (attempt) => attempt.address ?? '–' },
            { head: 'Status', cell: (attempt) => attempt.status ?? '–' },
            {
              head: 'Took',
              number: true,
              cell: (attempt) => (attempt.duration_ms === null ? '–' : `${attempt.duration_ms} ms`),
            },
            { head: 'Outcome', cell: (attempt) => attempt.detail ?? attempt.outcome },
          ]}
        />
      )}
    </div>
  ));
}

function stateText({ state, tries }: Callback): string {
  return `${state.replaceAll('_', ' ')} after ${counted(tries, 'try', 'tries')}`;
}
