import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { apiPath, request } from '../../api/client';
import { ROLES } from '../../lib/roles';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { type Column, Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { failureText } from '../session/plain-form';
import { GivenUp, useRecentLogIn } from '../session/use-recent-log-in';
import { can, useSession } from '../session/use-session';
import { ChangeRoleDialog } from './ChangeRoleDialog';
import { DeactivateDialog } from './DeactivateDialog';
import styles from './PeopleTable.module.css';
import { mayDeactivate, mayEndSessions, rolesToGive } from './rights';
import { type Person, teamQuery } from './team';

interface PeopleTableProps {
  people: Person[];
  /** Whom the address points at. */
  personId: string | undefined;
}

interface OpenDialog {
  kind: 'role' | 'deactivate';
  person: Person;
}

/** Everybody of the account, with what the viewer may change. */
export function PeopleTable({ people, personId }: PeopleTableProps) {
  const session = useSession();
  const queryClient = useQueryClient();
  const [open, setOpen] = useState<OpenDialog | null>(null);
  const { withRecentLogIn, question } = useRecentLogIn('change what somebody may do');
  const act = useMutation({
    mutationFn: ({ send }: { send: () => Promise<unknown>; done: string }) => withRecentLogIn(send),
    onSettled: () => queryClient.invalidateQueries({ queryKey: teamQuery.queryKey }),
  });

  useEffect(() => {
    if (personId === undefined) return;
    document.getElementById(nameId(personId))?.scrollIntoView({ block: 'center' });
  }, [personId]);

  const path = (person: Person, ...more: string[]) =>
    apiPath('web', 'team', 'people', person.user_id, ...more);

  const columns: Column<Person>[] = [
    {
      head: 'Name',
      rowHeader: true,
      cell: (person) => (
        <span id={nameId(person.user_id)} className={styles.name}>
          {person.name} {person.you && <Badge>you</Badge>}{' '}
          {!person.active && <Badge tone="bad">deactivated</Badge>}
        </span>
      ),
    },
    { head: 'Role', whole: true, cell: (person) => ROLES[person.role].name },
  ];
  if (can(session, 'see_team_details')) {
    columns.push(
      { head: 'Address', cell: (person) => <span className={styles.address}>{person.email}</span> },
      {
        head: 'Last log-in',
        whole: true,
        cell: (person) => (person.last_log_in_at ? <Time iso={person.last_log_in_at} /> : 'never'),
      },
      {
        head: 'Actions',
        cell: (person) => (
          <span className={styles.actions}>
            {person.active && rolesToGive(session, person).length > 0 && (
              <Button small onClick={() => setOpen({ kind: 'role', person })}>
                Change role<span className="visually-hidden"> of {person.name}</span>
              </Button>
            )}
            {mayEndSessions(session, person) && (
              <Button
                small
                onClick={() =>
                  act.mutate({
                    send: () => request('DELETE', path(person, 'sessions')),
                    done: `${person.name} is logged out everywhere.`,
                  })
                }
              >
                End sessions<span className="visually-hidden"> of {person.name}</span>
              </Button>
            )}
            {mayDeactivate(session, person) &&
              (person.active ? (
                <Button small look="danger" onClick={() => setOpen({ kind: 'deactivate', person })}>
                  Deactivate<span className="visually-hidden"> {person.name}</span>
                </Button>
              ) : (
                <Button
                  small
                  onClick={() =>
                    act.mutate({
                      send: () => request('POST', path(person, 'reactivate'), {}),
                      done: `${person.name} can log in again.`,
                    })
                  }
                >
                  Reactivate<span className="visually-hidden"> {person.name}</span>
                </Button>
              ))}
          </span>
        ),
      },
    );
  }

  return (
    <>
      <Table
        caption="People"
        rows={people}
        rowKey={(person) => person.user_id}
        markedKey={personId}
        columns={columns}
      />
      <p role="status" className={styles.done}>
        {act.isSuccess && act.variables.done}
      </p>
      {act.isError && !(act.error instanceof GivenUp) && (
        <p role="alert" className={styles.failure}>
          {failureText(act.error)}
        </p>
      )}
      {open?.kind === 'role' && (
        <ChangeRoleDialog
          person={open.person}
          roles={rolesToGive(session, open.person)}
          onClose={() => setOpen(null)}
        />
      )}
      {open?.kind === 'deactivate' && <DeactivateDialog person={open.person} onClose={() => setOpen(null)} />}
      {question}
    </>
  );
}

function nameId(userId: string): string {
  return `person-${userId}`;
}
