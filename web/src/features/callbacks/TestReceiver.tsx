import { useQuery } from '@tanstack/react-query';
import type { Mode } from '../../api/types';
import { count } from '../../lib/money';
import { CopyButton } from '../../ui/CopyButton';
import { EmptyState, LoadingState } from '../../ui/states';
import { FailureState } from '../shell/FailureState';
import { Countdown } from './Countdown';
import { receiverQuery } from './queries';
import { ReceivedList } from './ReceivedList';
import { ReceiverForm } from './ReceiverForm';
import { SendHere } from './SendHere';
import styles from './TestReceiver.module.css';
import type { Receiver } from './types';

/** A receiver on this server, to see callbacks arrive before one has a server of one's own. */
export function TestReceiver({ mode, mayAct }: { mode: Mode; mayAct: boolean }) {
  const query = useQuery(receiverQuery(mode));
  if (query.isError && !query.data) {
    return (
      <FailureState
        what="The test receiver could not be loaded."
        error={query.error}
        onTryAgain={() => void query.refetch()}
      />
    );
  }
  if (query.isPending) return <LoadingState what="the test receiver" rows={3} />;
  const { receiver } = query.data;
  if (receiver !== null) {
    return <Present key={receiver.id} mode={mode} receiver={receiver} mayAct={mayAct} />;
  }
  return (
    <EmptyState title="No test receiver yet.">
      <p>
        An address on this server that keeps what is sent to it for 24 hours, and answers as you choose. Send
        callbacks there to see what your own server will get.
      </p>
      {mayAct ? <ReceiverForm mode={mode} receiver={null} /> : <p>Admins and Managers can make one.</p>}
    </EmptyState>
  );
}

function Present({ mode, receiver, mayAct }: { mode: Mode; receiver: Receiver; mayAct: boolean }) {
  return (
    <>
      <dl className={styles.facts}>
        <div>
          <dt>Address</dt>
          <dd className={styles.address}>
            <code>{receiver.url}</code>
            <CopyButton small what="address" text={receiver.url} />
          </dd>
        </div>
        <div>
          <dt>Ends</dt>
          <dd>
            <Countdown iso={receiver.expires_at} />
          </dd>
        </div>
        <div>
          <dt>Received</dt>
          <dd>{count(receiver.received)}</dd>
        </div>
      </dl>
      {mayAct && (
        <>
          <SendHere mode={mode} url={receiver.url} />
          <ReceiverForm mode={mode} receiver={receiver} />
        </>
      )}
      <ReceivedList mode={mode} receiver={receiver} />
    </>
  );
}
