import { useNavigate, useParams, useRouter, useSearch } from '@tanstack/react-router';
import { CreateCall } from '../features/shell/CreateCall';
import { TaskList } from '../features/tasks/TaskList';
import { PageHeading } from '../ui/PageHeading';
import { EmptyState } from '../ui/states';

/** `/:mode/tasks` */
export function TasksPage() {
  const { mode } = useParams({ from: '/shell/$mode/tasks' });
  const filter = useSearch({ from: '/shell/$mode/tasks' });
  const navigate = useNavigate();
  const router = useRouter();
  return (
    <>
      <PageHeading title="Tasks" />
      <TaskList
        mode={mode}
        filter={filter}
        onFilter={(search) => void navigate({ to: '/$mode/tasks', params: { mode }, search })}
        onPreviousPage={() => router.history.back()}
        empty={
          <EmptyState title={`No tasks yet in ${mode} mode.`}>
            <p>Create one from a program:</p>
            <CreateCall
              path="/v1/task/categorization"
              mode={mode}
              body={{
                instruction: 'Is the truck loaded?',
                attachment_type: 'text',
                attachment: 'A truck full of coal.',
                categories: ['loaded', 'empty'],
              }}
            />
          </EmptyState>
        }
      />
    </>
  );
}
