import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { projectsQuery } from '../api/queries';
import { CreateCall } from '../features/shell/CreateCall';
import { FailureState } from '../features/shell/FailureState';
import { count } from '../lib/money';
import { PageHeading } from '../ui/PageHeading';
import { EmptyState, LoadingState } from '../ui/states';
import { Table } from '../ui/Table';
import { Time } from '../ui/Time';

/** `/:mode/projects` */
export function ProjectsPage() {
  const { mode } = useParams({ from: '/shell/$mode/projects' });
  const projects = useQuery(projectsQuery(mode));
  return (
    <>
      <PageHeading title="Projects" />
      {projects.isPending && <LoadingState what="the projects" />}
      {projects.isError && (
        <FailureState
          what="The projects could not be loaded."
          error={projects.error}
          onTryAgain={() => void projects.refetch()}
        />
      )}
      {projects.data?.length === 0 && (
        <EmptyState title={`No projects yet in ${mode} mode.`}>
          <p>A project groups tasks of one type. Create one from a program:</p>
          <CreateCall
            path="/v1/projects"
            mode={mode}
            body={{ name: 'my-project', type: 'imageannotation' }}
          />
        </EmptyState>
      )}
      {projects.data && projects.data.length > 0 && (
        <Table
          caption="Projects"
          rows={projects.data}
          rowKey={(project) => project.id}
          columns={[
            {
              head: 'Name',
              rowHeader: true,
              cell: (project) => (
                <Link to="/$mode/projects/$project" params={{ mode, project: project.name }}>
                  {project.name}
                </Link>
              ),
            },
            { head: 'Type', whole: true, cell: (project) => project.type },
            { head: 'Waiting', number: true, cell: (project) => count(project.pending) },
            { head: 'Completed', number: true, cell: (project) => count(project.completed) },
            { head: 'Error', number: true, cell: (project) => count(project.error) },
            {
              head: 'Last task',
              whole: true,
              cell: (project) => (project.last_task_at ? <Time iso={project.last_task_at} /> : 'none yet'),
            },
          ]}
        />
      )}
    </>
  );
}
