import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { claimQuery } from '../api/queries';
import { FailureState } from '../features/shell/FailureState';
import { NewVersion } from '../features/shell/NewVersion';
import { loadTaskType } from '../task-types/registry';
import { PageHeading } from '../ui/PageHeading';
import { EmptyState, LoadingState } from '../ui/states';
import { loadDeviceDraft } from '../workspace/device-drafts';
import { useNextClaim } from '../workspace/use-next-claim';
import { Workspace } from '../workspace/Workspace';
import styles from './workspace.module.css';

/** `/live/label/:claim_id`: the workspace of one claim. */
export function WorkspacePage() {
  const { claimId } = useParams({ from: '/shell/$mode/label/$claimId' });
  const navigate = useNavigate();
  const claim = useQuery(claimQuery(claimId));
  const type = claim.data?.task?.type;
  const definition = useQuery({
    queryKey: ['task-type', type],
    queryFn: () => loadTaskType(type ?? ''),
    enabled: type !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const device = useQuery({
    queryKey: ['device-draft', claimId],
    queryFn: () => loadDeviceDraft(claimId),
    // What another visit to the page has stored since is what counts.
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const goToNext = useNextClaim();

  const failed = claim.error ?? definition.error;
  if (failed) {
    return (
      <Frame>
        <PageHeading title="Work" />
        <FailureState
          what="This task could not be opened."
          error={failed}
          onTryAgain={() => void (claim.isError ? claim.refetch() : definition.refetch())}
        />
      </Frame>
    );
  }
  if (claim.data === undefined || device.isPending || (type !== undefined && definition.isPending)) {
    return (
      <Frame>
        <LoadingState what="the task" />
      </Frame>
    );
  }
  const { claim: held, task } = claim.data;
  if (held === null || task === null || held.state !== 'active') {
    return (
      <Frame>
        <PageHeading title="This task is not yours any more" />
        <EmptyState title="It was handed in, or it went back to the queue.">
          <Link to="/$mode/label" params={{ mode: 'live' }}>
            Back to Work
          </Link>
        </EmptyState>
      </Frame>
    );
  }
  return (
    <Workspace
      key={claimId}
      claim={held}
      task={task}
      definition={definition.data ?? null}
      deviceDraft={device.data ?? null}
      news={<NewVersion />}
      onNext={goToNext}
      onLeave={() => void navigate({ to: '/$mode/label', params: { mode: 'live' } })}
    />
  );
}

function Frame({ children }: { children: React.ReactNode }) {
  return <main className={styles.frame}>{children}</main>;
}
