import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { ApiError } from '../api/client';
import { CallbackView } from '../features/callbacks/CallbackView';
import { callbackQuery } from '../features/callbacks/queries';
import { can, useSession } from '../features/session/use-session';
import { FailureState } from '../features/shell/FailureState';
import { RoleRefusal } from '../features/shell/RoleRefusal';
import { PageHeading } from '../ui/PageHeading';
import { EmptyState, LoadingState } from '../ui/states';

/** `/:mode/callbacks/:id` */
export function CallbackPage() {
  const { mode, callbackId } = useParams({ from: '/shell/$mode/callbacks/$callbackId' });
  const session = useSession();
  const permitted = can(session, 'view_callbacks');
  const callback = useQuery({ ...callbackQuery(mode, callbackId), enabled: permitted });
  if (!permitted) {
    return (
      <>
        <PageHeading title="Callback" />
        <RoleRefusal text="Callbacks are shown to Admins, Managers and Members." />
      </>
    );
  }
  if (callback.data) return <CallbackView mode={mode} detail={callback.data} />;
  if (callback.error instanceof ApiError && callback.error.status === 404) {
    return (
      <>
        <PageHeading title="Callback not found" />
        <EmptyState title={`No callback ${callbackId} in ${mode} mode.`}>
          <Link to="/$mode/callbacks" params={{ mode }}>
            All callbacks
          </Link>
        </EmptyState>
      </>
    );
  }
  return (
    <>
      <PageHeading title="Callback" />
      {callback.isError ? (
        <FailureState
          what="The callback could not be loaded."
          error={callback.error}
          onTryAgain={() => void callback.refetch()}
        />
      ) : (
        <LoadingState what="the callback" />
      )}
    </>
  );
}
