import { useQuery } from '@tanstack/react-query';
import type { Mode } from '../../api/types';
import { Badge, type BadgeTone } from '../../ui/Badge';
import { EmptyState, LoadingState } from '../../ui/states';
import { Time } from '../../ui/Time';
import { FailureState } from '../shell/FailureState';
import { BodyView } from './BodyView';
import { HeaderTable } from './HeaderTable';
import { receivedQuery } from './queries';
import styles from './TestReceiver.module.css';
import type { ReceivedRequest, Receiver } from './types';

const FITS: Record<ReceivedRequest['auth'], { word: string; tone: BadgeTone }> = {
  ok: { word: 'fits', tone: 'good' },
  wrong: { word: 'wrong', tone: 'bad' },
  missing: { word: 'missing', tone: 'waiting' },
};

/** What came in at the test receiver, the newest first. */
export function ReceivedList({ mode, receiver }: { mode: Mode; receiver: Receiver }) {
  const received = useQuery(receivedQuery(mode, receiver.id));
  return (
    <section aria-labelledby="received">
      <h2 id="received" className={styles.heading}>
        Received
      </h2>
      {received.isPending && <LoadingState what="what came in" rows={2} />}
      {received.isError && !received.data && (
        <FailureState
          what="What came in could not be loaded."
          error={received.error}
          onTryAgain={() => void received.refetch()}
        />
      )}
      {received.data?.length === 0 && (
        <EmptyState title="Nothing came in yet.">
          <p>Send a test callback, or set the address as a task's callback_url. This list fills by itself.</p>
        </EmptyState>
      )}
      {received.data !== undefined && received.data.length > 0 && (
        <ol className={styles.requests} reversed>
          {received.data.map((request) => (
            <li key={request.n} className={styles.request}>
              <ShownRequest request={request} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function ShownRequest({ request: { n, at, headers, body, auth, signature } }: { request: ReceivedRequest }) {
  const event = headers.find(([name]) => name.toLowerCase() === 'weighbridge-event')?.[1];
  return (
    <details>
      <summary>
        <span className={styles.head}>
          <strong>
            {n}. {event ?? 'Request'}
          </strong>
          <Badge tone={FITS[auth].tone}>key {FITS[auth].word}</Badge>
          <Badge tone={FITS[signature].tone}>signature {FITS[signature].word}</Badge>
          <Time iso={at} />
        </span>
      </summary>
      <div className={styles.inside}>
        <HeaderTable caption={`Headers of request ${n}`} headers={headers} />
        {body === '' ? <p>No body.</p> : <BodyView name={`body of request ${n}`} text={body} />}
      </div>
    </details>
  );
}
