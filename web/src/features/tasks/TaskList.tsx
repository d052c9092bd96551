import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ApiError } from '../../api/client';
import { type TaskFilter, tasksQuery } from '../../api/queries';
import type { Mode } from '../../api/types';
import { counted } from '../../lib/money';
import { Button } from '../../ui/Button';
import { EmptyState, LoadingState } from '../../ui/states';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { FailureState } from '../shell/FailureState';
import { StatusBadge } from './StatusBadge';
import { TaskFilters } from './TaskFilters';
import styles from './TaskList.module.css';

interface TaskListProps {
  mode: Mode;
  /** The filter that stands in the address. */
  filter: TaskFilter;
  /** A project whose page the list stands on. */
  project?: string;
  onFilter: (filter: TaskFilter) => void;
  onPreviousPage: () => void;
  /** What to show when there is no task at all. */
  empty: ReactNode;
}

/** Tasks, newest first, with filters and pages that the address keeps. */
export function TaskList({ mode, filter, project, onFilter, onPreviousPage, empty }: TaskListProps) {
  const whole: TaskFilter = project === undefined ? filter : { ...filter, project };
  const tasks = useQuery(tasksQuery(mode, whole));
  const page = tasks.data;
  const filtered = Object.keys(filter).length > 0;
  const noMatch = (
    <EmptyState title="No task matches this filter.">
      <Button onClick={() => onFilter({})}>Show all tasks</Button>
    </EmptyState>
  );
  const failure = tasks.error && (
    <FailureState
      what="The tasks could not be loaded."
      error={tasks.error}
      onTryAgain={() => void tasks.refetch()}
    />
  );
  // Whoever may not see tasks has nothing to filter.
  if (tasks.error instanceof ApiError && tasks.error.status === 403) return failure;
  return (
    <>
      <TaskFilters
        filter={filter}
        hide={project === undefined ? [] : ['project', 'type']}
        onFilter={onFilter}
      />
      {tasks.isPending && <LoadingState what="the tasks" />}
      {failure}
      {page && page.docs.length === 0 && (filtered ? noMatch : empty)}
      {page && page.docs.length > 0 && (
        <div aria-busy={tasks.isPlaceholderData}>
          <p role="status" className={styles.count}>
            {counted(page.total, 'task')}
          </p>
          <Table
            caption="Tasks, newest first"
            rows={page.docs}
            rowKey={(task) => task.task_id}
            columns={[
              {
                head: 'Task',
                rowHeader: true,
                whole: true,
                cell: (task) => (
                  <Link to="/$mode/tasks/$taskId" params={{ mode, taskId: task.task_id }}>
                    <code>{task.task_id}</code>
                  </Link>
                ),
              },
              { head: 'Status', cell: (task) => <StatusBadge status={task.status} /> },
              ...(project === undefined
                ? [
                    { head: 'Type', whole: true, cell: (task: (typeof page.docs)[number]) => task.type },
                    { head: 'Project', cell: (task: (typeof page.docs)[number]) => task.project ?? '–' },
                  ]
                : []),
              { head: 'Batch', cell: (task) => task.batch ?? '–' },
              { head: 'Unique id', cell: (task) => task.unique_id ?? '–' },
              { head: 'Created', whole: true, cell: (task) => <Time iso={task.created_at} /> },
            ]}
          />
          <div className={styles.pages}>
            {filter.next_token !== undefined && <Button onClick={onPreviousPage}>Previous page</Button>}
            {page.has_more && page.next_token && (
              <Button
                onClick={() => {
                  onFilter({ ...filter, next_token: page.next_token ?? undefined });
                  window.scrollTo({ top: 0 });
                }}
              >
                Next page
              </Button>
            )}
          </div>
        </div>
      )}
    </>
  );
}
