import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { homeQuery } from '../api/queries';
import type { HomeNumbers, Mode, TaskStatus } from '../api/types';
import { closeSteps, stepsClosed } from '../features/first-steps/steps';
import { can, useSession } from '../features/session/use-session';
import { FailureState } from '../features/shell/FailureState';
import { STATUS_WORDS } from '../features/tasks/StatusBadge';
import { count, money } from '../lib/money';
import { Button } from '../ui/Button';
import { PageHeading } from '../ui/PageHeading';
import { LoadingState } from '../ui/states';
import { Time } from '../ui/Time';
import styles from './home.module.css';

// Most visits are by those who have long been through them.
const FirstSteps = lazy(() =>
  import('../features/first-steps/FirstSteps').then((module) => ({ default: module.FirstSteps })),
);

const STATUSES: TaskStatus[] = ['pending', 'completed', 'error', 'canceled'];

/** Prices are in this currency, as everywhere. */
const CURRENCY = 'USD';

/** `/:mode`: the first steps of a new account, and how things stand. */
export function HomePage() {
  const { mode } = useParams({ from: '/shell/$mode/' });
  const session = useSession();
  const home = useQuery(homeQuery(mode));
  const [closed, setClosed] = useState(() => stepsClosed(session.account.id));
  const isNew = home.data?.completed_live_tasks === 0;

  function setStepsClosed(value: boolean) {
    closeSteps(session.account.id, value);
    setClosed(value);
  }

  return (
    <>
      <PageHeading
        title={mode === 'live' ? 'Home' : 'Home, test mode'}
        tabTitle="Home"
        actions={
          isNew && closed && <Button onClick={() => setStepsClosed(false)}>Show the first steps</Button>
        }
      />
      {home.isPending && <LoadingState what="the numbers" rows={3} />}
      {home.isError && !home.data && (
        <FailureState
          what="The numbers could not be loaded."
          error={home.error}
          onTryAgain={() => void home.refetch()}
        />
      )}
      {isNew && !closed && (
        <Suspense fallback={<LoadingState what="the first steps" />}>
          <FirstSteps onClose={() => setStepsClosed(true)} />
        </Suspense>
      )}
      {home.data && <Numbers numbers={home.data} mode={mode} />}
      <WaysOn mode={mode} />
    </>
  );
}

function Numbers({ numbers, mode }: { numbers: HomeNumbers; mode: Mode }) {
  const session = useSession();
  const { oldest_pending_at, callbacks_failing, charge_this_month_micros, labelers_at_work } = numbers;
  return (
    <>
      <h2 className={styles.heading}>Tasks by status</h2>
      <div className={styles.cards}>
        {STATUSES.map((status) => (
          <Link
            key={status}
            to="/$mode/tasks"
            params={{ mode }}
            search={{ status }}
            className={`${styles.card} ${styles.link}`}
          >
            <span>{STATUS_WORDS[status]}</span>
            <span className={styles.number}>{count(numbers.counts[status])}</span>
          </Link>
        ))}
      </div>
      <h2 className={styles.heading}>Now</h2>
      <dl className={styles.cards}>
        <div className={styles.card}>
          <dt>Oldest waiting task</dt>
          <dd className={`${styles.number} ${styles.moment}`}>
            {oldest_pending_at ? <Time iso={oldest_pending_at} /> : 'none'}
          </dd>
        </div>
        <div className={styles.card}>
          <dt>Callbacks failing</dt>
          <dd className={styles.number}>
            {can(session, 'view_callbacks') ? (
              <Link to="/$mode/callbacks" params={{ mode }} search={{ state: 'failed' }}>
                {count(callbacks_failing)}
                <span className="visually-hidden"> failed callbacks</span>
              </Link>
            ) : (
              count(callbacks_failing)
            )}
          </dd>
        </div>
        {mode === 'live' && can(session, 'view_usage') && (
          <div className={styles.card}>
            <dt>Charge this month</dt>
            <dd className={styles.number}>{money(charge_this_month_micros, CURRENCY)}</dd>
          </div>
        )}
        {mode === 'live' && (
          <div className={styles.card}>
            <dt>Labelers at work</dt>
            <dd className={styles.number}>{count(labelers_at_work)}</dd>
          </div>
        )}
      </dl>
      {numbers.completed_live_tasks === 1 && (
        <p className={styles.first}>
          The first live task is answered.{' '}
          <Link to="/$mode/tasks" params={{ mode: 'live' }} search={{ status: 'completed' }}>
            Look at its answer, callback and charge
          </Link>
        </p>
      )}
    </>
  );
}

function WaysOn({ mode }: { mode: Mode }) {
  const session = useSession();
  return (
    <>
      <h2 className={styles.heading}>From here</h2>
      <ul className={styles.ways}>
        <li>
          <Link to="/$mode/api-keys" params={{ mode }}>
            {can(session, 'see_api_keys') ? 'Get your keys' : "Don't see API Keys?"}
          </Link>
          {can(session, 'see_api_keys')
            ? ': programs create tasks with them.'
            : ' See who can give you access.'}
        </li>
        <li>
          <Link to="/$mode/projects" params={{ mode }}>
            Look at projects
          </Link>{' '}
          of {mode} mode.
        </li>
        {mode === 'live' && can(session, 'label_tasks') && (
          <li>
            <Link to="/$mode/label" params={{ mode }}>
              Do tasks yourself
            </Link>
            : open the next waiting task and answer it.
          </li>
        )}
        {mode === 'live' && can(session, 'view_usage') && (
          <li>
            <Link to="/$mode/usage" params={{ mode }}>
              See what it costs
            </Link>{' '}
            per day and project.
          </li>
        )}
      </ul>
    </>
  );
}
