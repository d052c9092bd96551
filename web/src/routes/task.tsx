import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError, apiPath, request } from '../api/client';
import { taskQuery } from '../api/queries';
import type { Task, TaskDetail } from '../api/types';
import { can, useSession } from '../features/session/use-session';
import { FailureState } from '../features/shell/FailureState';

import { StatusBadge } from '../features/tasks/StatusBadge';
import { TaskAnswer } from '../features/tasks/TaskAnswer';
import { TaskCallbacks } from '../features/tasks/TaskCallbacks';
import { money } from '../lib/money';
import { Button } from '../ui/Button';
import { Dialog, DialogActions } from '../ui/Dialog';
import { JsonView } from '../ui/JsonView';
import { Markdown } from '../ui/Markdown';
import { PageHeading } from '../ui/PageHeading';
import { EmptyState, LoadingState } from '../ui/states';
import { Time } from '../ui/Time';
import styles from './task.module.css';

/** `/:mode/tasks/:task_id` */
export function TaskPage() {
  const { mode, taskId } = useParams({ from: '/shell/$mode/tasks/$taskId' });
  const task = useQuery(taskQuery(mode, taskId));
  if (task.isPending) {
    return (
      <>
        <PageHeading title="Task" />
        <LoadingState what="the task" />
      </>
    );
  }
  if (task.isError) {
    if (task.error instanceof ApiError && task.error.status === 404) {
      return (
        <>
          <PageHeading title="Task not found" />
          <EmptyState title={`No task ${taskId} in ${mode} mode.`}>
            <Link to="/$mode/tasks" params={{ mode }}>
              All tasks
            </Link>
          </EmptyState>
        </>
      );
    }
    return (
      <>
        <PageHeading title="Task" />
        <FailureState
          what="The task could not be loaded."
          error={task.error}
          onTryAgain={() => void task.refetch()}
        />
      </>
    );
  }
  return <ShownTask detail={task.data} />;
}

function ShownTask({ detail }: { detail: TaskDetail }) {
  const { mode } = useParams({ from: '/shell/$mode/tasks/$taskId' });
  const session = useSession();
  const { task } = detail;
  return (
    <>
      <PageHeading
        title="Task"
        tabTitle={`Task ${task.task_id}`}
        actions={task.status === 'pending' && can(session, 'cancel_task') && <CancelTask task={task} />}
      />
      <dl className={styles.facts}>
        <Fact name="Task">
          <code>{task.task_id}</code>
        </Fact>
        <Fact name="Status">
          <StatusBadge status={task.status} />
        </Fact>
        <Fact name="Type">{task.type}</Fact>
        <Fact name="Project">
          {task.project === undefined ? (
            'none'
          ) : (
            <Link to="/$mode/projects/$project" params={{ mode, project: task.project }}>
              {task.project}
            </Link>
          )}
        </Fact>
        {task.batch !== undefined && <Fact name="Batch">{task.batch}</Fact>}
        {task.unique_id !== undefined && <Fact name="Unique id">{task.unique_id}</Fact>}
        {task.tags !== undefined && task.tags.length > 0 && <Fact name="Tags">{task.tags.join(', ')}</Fact>}
        <Fact name="Created">
          <Time iso={task.created_at} />
        </Fact>
        {task.completed_at !== undefined && (
          <Fact name="Completed">
            <Time iso={task.completed_at} />
            {detail.completed_by && ` by ${detail.completed_by.name}`}
            {task.is_test && ', made up'}
          </Fact>
        )}
        <Fact name="Charge">
          {detail.charge
            ? money(detail.charge.amount_micros, detail.charge.currency)
            : task.is_test
              ? 'none: test mode is never charged'
              : 'none yet'}
        </Fact>
      </dl>
      {task.instruction && (
        <section>
          <h2 className={styles.heading}>Instruction</h2>
          <Markdown text={task.instruction} />
        </section>
      )}
      <section>
        <h2 className={styles.heading}>{task.response === undefined ? 'Attachment' : 'Answer'}</h2>
        <TaskAnswer detail={detail} />
      </section>
      <section>
        <h2 className={styles.heading}>Callbacks</h2>
        <TaskCallbacks mode={mode} callbacks={detail.callbacks} />
      </section>
      <section>
        <h2 className={styles.heading}>Parameters</h2>
        <JsonView value={task.params} name="parameters" />
      </section>
      {Object.keys(task.metadata).length > 0 && (
        <section>
          <h2 className={styles.heading}>Metadata</h2>
          <JsonView value={task.metadata} name="metadata" />
        </section>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function CancelTask({ task }: { task: Task }) {
  const { mode } = useParams({ from: '/shell/$mode/tasks/$taskId' });
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const cancel = useMutation({
    mutationFn: () => request('POST', apiPath('web', mode, 'tasks', task.task_id, 'cancel'), {}),
    onSuccess: async () => {
      setAsking(false);
      await queryClient.invalidateQueries({ queryKey: [mode] });
    },
  });
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        Cancel task
      </Button>
      {asking && (
        <Dialog title="Cancel this task?" onClose={() => setAsking(false)}>
          <p>
            Task <code>{task.task_id}</code> will not be done and not be charged. This cannot be taken back.
          </p>
          {cancel.isError && <p role="alert">{cancel.error.message}</p>}
          <DialogActions>
            <Button onClick={() => setAsking(false)}>Keep it</Button>
            <Button
              look="danger"
              aria-busy={cancel.isPending}
              onClick={() => !cancel.isPending && cancel.mutate()}
            >
              Cancel task
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </>
  );
}
