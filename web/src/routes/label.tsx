import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useState } from 'react';
import { apiPath, request } from '../api/client';
import { queueQuery } from '../api/queries';
import type { ClaimAnswer, Queue } from '../api/types';
import { FailureState } from '../features/shell/FailureState';
import { count, counted } from '../lib/money';
import { Button } from '../ui/Button';
import { PageHeading } from '../ui/PageHeading';
import { EmptyState, LoadingState } from '../ui/states';
import { Table } from '../ui/Table';
import { useNextClaim } from '../workspace/use-next-claim';
import styles from './label.module.css';

/** `/:mode/label`: where work begins. */
export function LabelPage() {
  const { mode } = useParams({ from: '/shell/$mode/label' });
  return mode === 'test' ? <TestWork /> : <LiveWork />;
}

function TestWork() {
  return (
    <>
      <PageHeading title="Work" />
      <EmptyState title="No work in test mode.">
        <p>Test tasks sent by API are answered at once with made-up answers and never come here.</p>
        <p>
          <Link to="/$mode/label" params={{ mode: 'live' }}>
            Work on live tasks
          </Link>
        </p>
      </EmptyState>
    </>
  );
}

function LiveWork() {
  const { waiting: cameFromLastTask } = useSearch({ from: '/shell/$mode/label' });
  const queue = useQuery(queueQuery);
  const openClaim = useNextClaim();
  const [startState, setStartState] = useState<'idle' | 'asking' | 'waiting'>(
    cameFromLastTask ? 'waiting' : 'idle',
  );
  const [failure, setFailure] = useState<Error | null>(null);

  // The workspace is fetched while the labeler reads this page.
  useEffect(() => {
    void import('./workspace');
  }, []);

  async function start() {
    if (startState === 'asking') return;
    setFailure(null);
    setStartState('asking');
    try {
      const answer = await request<ClaimAnswer>('POST', apiPath('web', 'live', 'claims'), {});
      if (answer.claim === null) {
        setStartState('waiting');
        void queue.refetch();
      } else {
        openClaim({ next: answer });
      }
    } catch (error) {
      setFailure(error instanceof Error ? error : new Error('The next task could not be fetched.'));
      setStartState('idle');
    }
  }

  // Once somebody has asked for work, it begins by itself when there is some.
  const arrived = startState === 'waiting' && (queue.data?.waiting ?? 0) > 0;
  const startByItself = useEffectEvent(() => void start());
  useEffect(() => {
    if (arrived) startByItself();
  }, [arrived]);

  return (
    <>
      <PageHeading title="Work" />
      {queue.isPending && <LoadingState what="the queue" rows={3} />}
      {queue.isError && !queue.data && (
        <FailureState
          what="The queue could not be loaded."
          error={queue.error}
          onTryAgain={() => void queue.refetch()}
        />
      )}
      {queue.data && (
        <div className={styles.work}>
          {queue.data.open_claim_id !== null && (
            <p className={styles.resume}>You have an open task. Start takes you back to it.</p>
          )}
          <div className={styles.start}>
            <Button
              look="primary"
              className={styles.button}
              aria-busy={startState === 'asking'}
              onClick={() => void start()}
            >
              Start
            </Button>
            <p role="status">{queueText(queue.data, startState === 'waiting')}</p>
          </div>
          {failure && (
            <FailureState
              what="The next task could not be fetched."
              error={failure}
              onTryAgain={() => void start()}
            />
          )}
          {queue.data.projects.length > 0 && (
            <Table
              caption="Tasks waiting, by project"
              columns={[
                { head: 'Project', rowHeader: true, cell: (row) => row.name ?? 'Without project' },
                { head: 'Waiting', number: true, cell: (row) => count(row.waiting) },
              ]}
              rows={queue.data.projects}
              rowKey={(row) => row.name ?? ''}
            />
          )}
          <p className={styles.done}>Done today: {counted(queue.data.done_today, 'task')}</p>
        </div>
      )}
    </>
  );
}

/** What the queue holds, in words. */
export function queueText(queue: Queue, waiting: boolean): string {
  if (queue.waiting > 0) return `${counted(queue.waiting, 'task')} waiting`;
  if (queue.open_claim_id !== null) return 'No other task is waiting.';
  const others =
    queue.in_work > 0
      ? ` ${counted(queue.in_work, 'task')} ${queue.in_work === 1 ? 'is' : 'are'} being worked on by others.`
      : '';
  return waiting
    ? `Nothing to label now.${others} This page starts by itself when work arrives.`
    : `Nothing to label now.${others} Press Start and the page begins by itself when work arrives.`;
}
