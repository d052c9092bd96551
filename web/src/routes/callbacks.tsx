import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { Mode } from '../api/types';
import { CallbackFrame } from '../features/callbacks/CallbackFrame';
import { CallbackList } from '../features/callbacks/CallbackList';
import type { CallbackFilter } from '../features/callbacks/filter';
import { callbackSummaryQuery } from '../features/callbacks/queries';
import { ReplayDialog } from '../features/callbacks/ReplayDialog';
import { ReplayList } from '../features/callbacks/ReplayList';
import { Summary } from '../features/callbacks/Summary';
import { TargetList } from '../features/callbacks/TargetList';
import { TestCallbackDialog } from '../features/callbacks/TestCallbackDialog';
import { can, useSession } from '../features/session/use-session';
import { FailureState } from '../features/shell/FailureState';
import { Button } from '../ui/Button';
import { EmptyState } from '../ui/states';
import styles from './callbacks.module.css';

type OpenDialog = 'replay' | 'test';

/** `/:mode/callbacks`: what goes out to the customer's servers, and how that goes. */
export function CallbacksPage() {
  const { mode } = useParams({ from: '/shell/$mode/callbacks' });
  const filter = useSearch({ from: '/shell/$mode/callbacks' });
  const session = useSession();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const mayAct = can(session, 'manage_callbacks');
  const close = () => setDialog(null);
  return (
    <CallbackFrame
      mode={mode}
      title="Callbacks"
      actions={
        mayAct && (
          <>
            <Button onClick={() => setDialog('test')}>Send a test callback</Button>
            <Button onClick={() => setDialog('replay')}>Send all failed since…</Button>
          </>
        )
      }
    >
      {() => (
        <>
          <Deliveries mode={mode} filter={filter} mayAct={mayAct} onTest={() => setDialog('test')} />
          {dialog === 'test' && <TestCallbackDialog mode={mode} onClose={close} />}
          {dialog === 'replay' && <ReplayDialog mode={mode} filter={filter} onClose={close} />}
        </>
      )}
    </CallbackFrame>
  );
}

interface DeliveriesProps {
  mode: Mode;
  filter: CallbackFilter;
  mayAct: boolean;
  onTest: () => void;
}

function Deliveries({ mode, filter, mayAct, onTest }: DeliveriesProps) {
  const navigate = useNavigate();
  const summary = useQuery(callbackSummaryQuery(mode));
  return (
    <>
      {summary.isError && !summary.data ? (
        <div className={styles.failure}>
          <FailureState
            what="The numbers could not be loaded."
            error={summary.error}
            onTryAgain={() => void summary.refetch()}
          />
        </div>
      ) : (
        <Summary mode={mode} summary={summary.data} />
      )}
      {summary.data && (
        <TargetList
          mode={mode}
          targets={summary.data.targets}
          countsCappedAt={summary.data.target_counts_capped_at}
          mayAct={mayAct}
        />
      )}
      <ReplayList mode={mode} mayAct={mayAct} />
      <h2 className="visually-hidden">Deliveries</h2>
      <CallbackList
        mode={mode}
        filter={filter}
        onFilter={(search) => void navigate({ to: '/$mode/callbacks', params: { mode }, search })}
        empty={
          <EmptyState title="No deliveries yet. Set a default callback URL.">
            <p>
              A callback goes out when a task is completed, to its callback_url or to the account's default.
            </p>
            <div className={styles.ways}>
              <Link to="/settings/callbacks">Callback settings</Link>
              {mayAct && <Button onClick={onTest}>Send a test callback</Button>}
              <Link to="/$mode/callbacks/receiver" params={{ mode }}>
                Make a test receiver
              </Link>
            </div>
          </EmptyState>
        }
      />
    </>
  );
}
