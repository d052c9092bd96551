import { Link } from '@tanstack/react-router';
import type { Callback, Mode } from '../../api/types';
import { counted } from '../../lib/money';
import { Button } from '../../ui/Button';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { useResend } from '../callbacks/use-resend';
import { outcomeWords } from '../callbacks/words';
import { can, useSession } from '../session/use-session';
import styles from './TaskCallbacks.module.css';

/** A task's callbacks with every attempt; each leads to its page and can be sent again. */
export function TaskCallbacks({ mode, callbacks }: { mode: Mode; callbacks: Callback[] }) {
  const session = useSession();
  const resend = useResend(mode);
  if (callbacks.length === 0) {
    return (
      <p>
        None. A callback goes out when the task is completed, to its callback_url or the account's default.
      </p>
    );
  }
  return (
    <>
      <p role="status" className={resend.done === '' ? 'visually-hidden' : styles.done}>
        {resend.done}
      </p>
      {resend.failure !== null && (
        <p role="alert" className={styles.failure}>
          {resend.failure}
        </p>
      )}
      {callbacks.map((callback) => (
        <div key={callback.id} className={styles.callback}>
          <div className={styles.head}>
            <p>
              {can(session, 'view_callbacks') ? (
                <Link to="/$mode/callbacks/$callbackId" params={{ mode, callbackId: callback.id }}>
                  {callback.event}
                </Link>
              ) : (
                <strong>{callback.event}</strong>
              )}{' '}
              to <code>{callback.url}</code>: {stateText(callback)}
              {callback.next_try_at && (
                <>
                  , next try <Time iso={callback.next_try_at} />
                </>
              )}
            </p>
            {can(session, 'manage_callbacks') && (
              <Button small aria-busy={resend.sending} onClick={() => void resend.send(callback.id)}>
                Send again<span className="visually-hidden"> {callback.event}</span>
              </Button>
            )}
          </div>
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
                { head: 'Outcome', cell: (attempt) => attempt.detail ?? outcomeWords(attempt.outcome) },
              ]}
            />
          )}
        </div>
      ))}
      {resend.dialog}
    </>
  );
}

function stateText({ state, tries }: Callback): string {
  return `${state} after ${counted(tries, 'try', 'tries')}`;
}
