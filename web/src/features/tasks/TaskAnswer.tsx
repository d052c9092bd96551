import { useQuery } from '@tanstack/react-query';
import type { TaskDetail } from '../../api/types';
import { loadTaskType } from '../../task-types/registry';
import { JsonView } from '../../ui/JsonView';
import { FetchedAttachment } from '../../workspace/AttachmentView';
import styles from './TaskAnswer.module.css';

/** The attachments, and the answer: drawn where the type knows how, and as JSON always. */
export function TaskAnswer({ detail }: { detail: TaskDetail }) {
  const { task, attachments } = detail;
  const definition = useQuery({
    queryKey: ['task-type', task.type],
    queryFn: () => loadTaskType(task.type),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const Review = definition.data?.Review;
  const answered = task.status === 'completed' && task.response !== undefined;
  return (
    <>
      {Review && answered ? (
        <Review type={task.type} params={task.params} response={task.response} attachments={attachments} />
      ) : (
        attachments.map(
          ({ kind, url }) =>
            url !== null && (
              <div key={url} className={styles.attachment}>
                <FetchedAttachment kind={kind} url={url} />
              </div>
            ),
        )
      )}
      {task.response !== undefined && <JsonView value={task.response} name="answer" />}
      {task.response === undefined && attachments.every(({ url }) => url === null) && (
        <p>Nothing to show; the parameters below hold everything.</p>
      )}
    </>
  );
}
