import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { ApiError } from '../api/client';
import { can, useSession } from '../features/session/use-session';
import { FailureState } from '../features/shell/FailureState';
import { RoleRefusal } from '../features/shell/RoleRefusal';
import { InvitationTable } from '../features/team/InvitationTable';
import { InviteForm } from '../features/team/InviteForm';
import { PeopleTable } from '../features/team/PeopleTable';
import { RequestList } from '../features/team/RequestList';
import { teamQuery } from '../features/team/team';
import { PageHeading } from '../ui/PageHeading';
import { EmptyState, LoadingState } from '../ui/states';
import styles from './settings.module.css';

/** `/settings/team`: people and their roles, invitations, and who asks to be Manager. */
export function TeamPage() {
  const session = useSession();
  const { person } = useSearch({ from: '/shell/settings/team' });
  const team = useQuery(teamQuery);
  if (team.error instanceof ApiError && team.error.code === 'role_required') {
    return (
      <>
        <PageHeading title="Team" />
        <RoleRefusal text={team.error.message} />
      </>
    );
  }
  const { people = [], invitations = [], requests = [] } = team.data ?? {};
  return (
    <>
      <PageHeading title="Team" />
      {team.isPending && <LoadingState what="the team" />}
      {team.isError && (
        <FailureState
          what="The team could not be loaded."
          error={team.error}
          onTryAgain={() => void team.refetch()}
        />
      )}
      {team.data && (
        <>
          <RequestList requests={requests} personId={person} />
          {can(session, 'invite_member') && <InviteForm />}
          <PeopleTable people={people} personId={person} />
          {people.length === 1 && (
            <div className={styles.below}>
              <EmptyState title="Only you so far.">
                {can(session, 'invite_member') && (
                  <p>Invite a Labeler to work on tasks, or a Member to make projects.</p>
                )}
              </EmptyState>
            </div>
          )}
          <InvitationTable invitations={invitations} />
        </>
      )}
    </>
  );
}
