import { useMutation, useQueryClient } from '@tanstack/react-query';
import { apiPath, request } from '../../api/client';
import { ROLES } from '../../lib/roles';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { failureText } from '../session/plain-form';
import { GivenUp, useRecentLogIn } from '../session/use-recent-log-in';
import { useSession } from '../session/use-session';
import styles from './PeopleTable.module.css';
import { mayInvite } from './rights';
import { type Invitation, teamQuery } from './team';

/** Who has been invited and has not come yet. */
export function InvitationTable({ invitations }: { invitations: Invitation[] }) {
  const session = useSession();
  const queryClient = useQueryClient();
  const { withRecentLogIn, question } = useRecentLogIn('change this invitation');
  const act = useMutation({
    mutationFn: ({ send }: { send: () => Promise<unknown>; done: string }) => withRecentLogIn(send),
    onSettled: () => queryClient.invalidateQueries({ queryKey: teamQuery.queryKey }),
  });
  const path = (invitation: Invitation, ...more: string[]) =>
    apiPath('web', 'team', 'invitations', invitation.invitation_id, ...more);
  return (
    <>
      {invitations.length > 0 && (
        <>
          <h2 className={styles.heading}>Invitations</h2>
          <Table
            caption="Invitations"
            rows={invitations}
            rowKey={(invitation) => invitation.invitation_id}
            columns={[
              { head: 'Address', rowHeader: true, cell: (invitation) => invitation.email },
              {
                head: 'Role',
                whole: true,
                cell: (invitation) => ROLES[invitation.role].name,
              },
              { head: 'State', cell: (invitation) => <InvitationState state={invitation.state} /> },
              { head: 'Invited by', cell: (invitation) => invitation.invited_by ?? 'an API key' },
              {
                head: 'Sent',
                whole: true,
                cell: (invitation) => <Time iso={invitation.created_at} />,
              },
              {
                head: 'Link ends',
                whole: true,
                cell: (invitation) => <Time iso={invitation.expires_at} />,
              },
              {
                head: 'Actions',
                cell: (invitation) =>
                  mayInvite(session, invitation.role) && (
                    <span className={styles.actions}>
                      {invitation.state === 'waits_for_admin' ? (
                        <Button
                          small
                          look="primary"
                          onClick={() =>
                            act.mutate({
                              send: () => request('POST', path(invitation, 'approve'), {}),
                              done: `The invitation of ${invitation.email} is on its way.`,
                            })
                          }
                        >
                          Approve
                          <span className="visually-hidden"> the invitation of {invitation.email}</span>
                        </Button>
                      ) : (
                        <Button
                          small
                          onClick={() =>
                            act.mutate({
                              send: () => request('POST', path(invitation, 'resend'), {}),
                              done: `A new link is on its way to ${invitation.email}; older ones no longer work.`,
                            })
                          }
                        >
                          Resend<span className="visually-hidden"> to {invitation.email}</span>
                        </Button>
                      )}
                      <Button
                        small
                        look="danger"
                        onClick={() =>
                          act.mutate({
                            send: () => request('DELETE', path(invitation)),
                            done: `The invitation of ${invitation.email} is withdrawn.`,
                          })
                        }
                      >
                        Withdraw<span className="visually-hidden"> the invitation of {invitation.email}</span>
                      </Button>
                    </span>
                  ),
              },
            ]}
          />
        </>
      )}
      <p role="status" className={styles.done}>
        {act.isSuccess && act.variables.done}
      </p>
      {act.isError && !(act.error instanceof GivenUp) && (
        <p role="alert" className={styles.failure}>
          {failureText(act.error)}
        </p>
      )}
      {question}
    </>
  );
}

function InvitationState({ state }: { state: Invitation['state'] }) {
  switch (state) {
    case 'open':
      return <Badge tone="waiting">open</Badge>;
    case 'expired':
      return <Badge tone="bad">expired</Badge>;
    case 'waits_for_admin':
      return <Badge tone="neutral">waits for an Admin</Badge>;
  }
}
