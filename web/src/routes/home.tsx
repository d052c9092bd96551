import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { projectsQuery, tasksQuery } from '../api/queries';
import type { TaskStatus } from '../api/types';
import { can, useSession } from '../features/session/use-session';
import { FailureState } from '../features/shell/FailureState';
import { STATUS_WORDS } from '../features/tasks/StatusBadge';
import { count } from '../lib/money';
import { PageHeading } from '../ui/PageHeading';
import { LoadingState } from '../ui/states';
import styles from './home.module.css';

const STATUSES: TaskStatus[] = ['pending', 'completed', 'error', 'canceled'];

/** `/:mode`: how many tasks stand where, and the ways on from here. */
export function HomePage() {
  const { mode } = useParams({ from: '/shell/$mode/' });
  const session = useSession();
  const projects = useQuery(projectsQuery(mode));
  return (
    <>
      <PageHeading title={mode === 'live' ? 'Home' : 'Home, test mode'} tabTitle="Home" />
      <h2 className={styles.heading}>Tasks by status</h2>
      <div className={styles.cards}>
        {STATUSES.map((status) => (
          <StatusCard key={status} status={status} />
        ))}
      </div>
      {projects.isPending && <LoadingState what="the projects" rows={2} />}
      {projects.isError && (
        <FailureState
          what="The projects could not be loaded."
          error={projects.error}
          onTryAgain={() => void projects.refetch()}
        />
      )}
      <h2 className={styles.heading}>From here</h2>
      <ul className={styles.ways}>
        {can(session, 'see_api_keys') && (
          <li>
            <Link to="/$mode/api-keys" params={{ mode }}>
              Get your keys
            </Link>{' '}
            to create tasks from a program. With the test key every task is answered at once, free of charge.
          </li>
        )}
        {projects.data && (
          <li>
            <Link to="/$mode/projects" params={{ mode }}>
              Look at projects
            </Link>
            :{' '}
            {projects.data.length === 0
              ? `none in ${mode} mode yet`
              : `${count(projects.data.length)} in ${mode} mode`}
            .
          </li>
        )}
        {mode === 'live' && can(session, 'label_tasks') && (
          <li>
            <Link to="/$mode/label" params={{ mode }}>
              Do tasks yourself
            </Link>
            : open the next waiting task and answer it.
          </li>
        )}
        {can(session, 'view_usage') && (
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

/** Counts all tasks of a status, also those outside of projects. */
function StatusCard({ status }: { status: TaskStatus }) {
  const { mode } = useParams({ from: '/shell/$mode/' });
  const tasks = useQuery(tasksQuery(mode, { status }));
  return (
    <Link to="/$mode/tasks" params={{ mode }} search={{ status }} className={styles.card}>
      <span>{STATUS_WORDS[status]}</span>
      <span className={styles.number}>
        {tasks.data ? count(tasks.data.total) : tasks.isError ? '–' : '…'}
      </span>
    </Link>
  );
}
