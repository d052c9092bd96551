import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { apiPath, request } from '../../api/client';
import { counted } from '../../lib/money';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { LoadingState } from '../../ui/states';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { FailureState } from '../shell/FailureState';
import { failureText } from './plain-form';
import styles from './SessionList.module.css';
import { sessionsQuery } from './sessions';

/** Every browser that is logged in as oneself; each can be logged out from here. */
export function SessionList() {
  const sessions = useQuery(sessionsQuery);
  const queryClient = useQueryClient();
  const end = useMutation({
    mutationFn: (path: string) => request('DELETE', path),
    onSettled: () => queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });

  if (sessions.isPending) return <LoadingState what="the sessions" rows={2} />;
  if (sessions.isError) {
    return (
      <FailureState
        what="The sessions could not be loaded."
        error={sessions.error}
        onTryAgain={() => void sessions.refetch()}
      />
    );
  }
  const all = sessions.data.sessions.toSorted((a, b) => Number(b.current) - Number(a.current));
  const others = all.filter(({ current }) => !current).length;
  return (
    <>
      <Table
        caption="Sessions"
        rows={all}
        rowKey={(session) => session.session_id}
        columns={[
          {
            head: 'Browser',
            rowHeader: true,
            cell: (session) => (
              <span className={styles.browser} title={session.user_agent ?? undefined}>
                {session.browser} {session.current && <Badge tone="good">This one</Badge>}
              </span>
            ),
          },
          { head: 'Address', whole: true, cell: (session) => session.address ?? 'unknown' },
          { head: 'Logged in', whole: true, cell: (session) => <Time iso={session.created_at} /> },
          { head: 'Last seen', whole: true, cell: (session) => <Time iso={session.last_seen_at} /> },
          {
            head: 'Action',
            cell: (session) =>
              !session.current && (
                <Button
                  small
                  aria-label={`End the session of ${session.browser} at ${session.address ?? 'an unknown address'}`}
                  refused={end.isPending && 'Another one is being ended.'}
                  onClick={() => end.mutate(apiPath('web', 'sessions', session.session_id))}
                >
                  End
                </Button>
              ),
          },
        ]}
      />
      <p className={styles.foot}>
        <Button
          look="danger"
          refused={others === 0 && 'There is no other session.'}
          onClick={() => end.mutate('/web/sessions')}
        >
          End all others
        </Button>
        <span role="status">
          {others === 0 ? 'No other browser is logged in as you.' : `${counted(others, 'other session')}.`}
        </span>
      </p>
      {end.isError && (
        <p role="alert" className={styles.failure}>
          {failureText(end.error)}
        </p>
      )}
    </>
  );
}
