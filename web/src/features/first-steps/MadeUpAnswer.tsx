import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { taskQuery } from '../../api/queries';
import { LoadingState } from '../../ui/states';
import { FailureState } from '../shell/FailureState';
import { TaskAnswer } from '../tasks/TaskAnswer';

/** The answer that test mode made up, drawn. */
export function MadeUpAnswer({ taskId }: { taskId: string }) {
  const task = useQuery(taskQuery('test', taskId));
  if (task.isPending) return <LoadingState what="the answer" rows={3} />;
  if (task.isError) return <FailureState what="The answer could not be loaded." error={task.error} />;
  return (
    <>
      <p>
        The task was answered at once, by a made-up answer.{' '}
        <Link to="/$mode/tasks/$taskId" params={{ mode: 'test', taskId }}>
          Open the task
        </Link>
      </p>
      <TaskAnswer detail={task.data} />
    </>
  );
}
