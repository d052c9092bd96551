import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useRouter, useSearch } from '@tanstack/react-router';
import { ApiError } from '../api/client';
import { batchesQuery, projectQuery } from '../api/queries';
import { CreateCall } from '../features/shell/CreateCall';
import { FailureState } from '../features/shell/FailureState';
import { StatusCounts } from '../features/tasks/StatusCounts';
import { TaskList } from '../features/tasks/TaskList';
import { count } from '../lib/money';
import { JsonView } from '../ui/JsonView';
import { PageHeading } from '../ui/PageHeading';
import { EmptyState, LoadingState } from '../ui/states';
import { Table } from '../ui/Table';
import { Time } from '../ui/Time';
import styles from './project.module.css';

/** `/:mode/projects/:project`: its tasks first, then batches and parameters. */
export function ProjectPage() {
  const { mode, project: name } = useParams({ from: '/shell/$mode/projects/$project' });
  const filter = useSearch({ from: '/shell/$mode/projects/$project' });
  const navigate = useNavigate();
  const router = useRouter();
  const project = useQuery(projectQuery(mode, name));

  if (project.isPending) {
    return (
      <>
        <PageHeading title={name} />
        <LoadingState what="the project" />
      </>
    );
  }
  if (project.isError) {
    const missing = project.error instanceof ApiError && project.error.status === 404;
    return (
      <>
        <PageHeading title={missing ? 'Project not found' : name} />
        {missing ? (
          <EmptyState title={`Project ${name} does not exist in ${mode} mode.`}>
            <p>
              Test and live mode are separate: a project made in one mode must be made again in the other.{' '}
              <Link to="/$mode/projects" params={{ mode }}>
                All projects
              </Link>
            </p>
          </EmptyState>
        ) : (
          <FailureState
            what="The project could not be loaded."
            error={project.error}
            onTryAgain={() => void project.refetch()}
          />
        )}
      </>
    );
  }

  const { data } = project;
  return (
    <>
      <PageHeading title={data.name} />
      <p className={styles.about}>
        Tasks of the type {data.type} · made <Time iso={data.created_at} />
      </p>
      <StatusCounts counts={data} />
      <h2 className={styles.heading}>Tasks</h2>
      <TaskList
        mode={mode}
        filter={filter}
        project={name}
        onFilter={(search) =>
          void navigate({ to: '/$mode/projects/$project', params: { mode, project: name }, search })
        }
        onPreviousPage={() => router.history.back()}
        empty={
          <EmptyState title={`No tasks yet in ${mode} mode.`}>
            <CreateCall
              path={`/v1/task/${data.type}`}
              mode={mode}
              body={{ project: name, attachment: 'https://example.com/picture.jpg' }}
            />
          </EmptyState>
        }
      />
      <h2 className={styles.heading}>Batches</h2>
      <Batches />
      <h2 className={styles.heading}>Parameters</h2>
      {data.param_history.length === 0 && <p>None. Each task brings its own.</p>}
      {data.param_history.toReversed().map(({ version, created_at, ...params }, index) => (
        <details key={version} open={index === 0} className={styles.version}>
          <summary>
            Version {version}
            {index === 0 && ', in force'} · <Time iso={created_at} />
          </summary>
          <JsonView value={params} name={`parameters of version ${version}`} />
        </details>
      ))}
    </>
  );
}

function Batches() {
  const { mode, project } = useParams({ from: '/shell/$mode/projects/$project' });
  const batches = useQuery(batchesQuery(mode, project));
  if (batches.isPending) return <LoadingState what="the batches" rows={2} />;
  if (batches.isError) {
    return (
      <FailureState
        what="The batches could not be loaded."
        error={batches.error}
        onTryAgain={() => void batches.refetch()}
      />
    );
  }
  if (batches.data.docs.length === 0) return <p>No batches. Tasks may come without one.</p>;
  return (
    <Table
      caption="Batches"
      rows={batches.data.docs}
      rowKey={(batch) => batch.name}
      columns={[
        {
          head: 'Batch',
          rowHeader: true,
          cell: (batch) => (
            <Link to="/$mode/projects/$project" params={{ mode, project }} search={{ batch: batch.name }}>
              {batch.name}
            </Link>
          ),
        },
        { head: 'Status', cell: (batch) => batch.status.replace('_', ' ') },
        { head: 'Waiting', number: true, cell: (batch) => count(batch.pending) },
        { head: 'Completed', number: true, cell: (batch) => count(batch.completed) },
        { head: 'Made', cell: (batch) => <Time iso={batch.created_at} /> },
      ]}
    />
  );
}
