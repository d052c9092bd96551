import { useMutation, useQueryClient } from '@tanstack/react-query';
import { apiPath, request } from '../../api/client';
import { Button } from '../../ui/Button';
import { Time } from '../../ui/Time';
import { failureText } from '../session/plain-form';
import { GivenUp, useRecentLogIn } from '../session/use-recent-log-in';
import styles from './RequestList.module.css';
import { type AccessRequest, teamQuery } from './team';

interface Decision {
  asked: AccessRequest;
  verb: 'grant' | 'decline';
}

function decisionText({ asked, verb }: Decision): string {
  return verb === 'grant' ? `${asked.name} is Manager now.` : `The request of ${asked.name} is declined.`;
}

/** Who asks for access to API keys. The one whom the address points at stands out. */
export function RequestList({
  requests,
  personId,
}: {
  requests: AccessRequest[];
  personId: string | undefined;
}) {
  const queryClient = useQueryClient();
  const { withRecentLogIn, question } = useRecentLogIn('decide this');
  const decide = useMutation({
    mutationFn: ({ asked, verb }: Decision) =>
      withRecentLogIn(() => request('POST', apiPath('web', 'access-requests', asked.request_id, verb), {})),
    onSettled: () => queryClient.invalidateQueries({ queryKey: teamQuery.queryKey }),
  });
  return (
    <>
      {requests.length > 0 && (
        <>
          <h2 className={styles.heading}>Requests</h2>
          <ul className={styles.list}>
            {requests.map((asked) => (
              <li
                key={asked.request_id}
                className={styles.request}
                aria-current={asked.user_id === personId || undefined}
              >
                <p>
                  <strong>{asked.name}</strong>{' '}
                  {asked.origin === 'key'
                    ? 'is to become Manager: an API key asks for it.'
                    : 'asks for access to API keys, which Managers have.'}{' '}
                  <span className={styles.time}>
                    <Time iso={asked.created_at} />
                  </span>
                </p>
                {asked.note && <blockquote className={styles.note}>{asked.note}</blockquote>}
                <div className={styles.buttons}>
                  <Button
                    look="primary"
                    aria-describedby={`who-${asked.request_id}`}
                    refused={decide.isPending && 'A decision is on its way.'}
                    onClick={() => decide.mutate({ asked, verb: 'grant' })}
                  >
                    Make Manager
                  </Button>
                  <Button
                    aria-describedby={`who-${asked.request_id}`}
                    refused={decide.isPending && 'A decision is on its way.'}
                    onClick={() => decide.mutate({ asked, verb: 'decline' })}
                  >
                    Decline
                  </Button>
                  <span id={`who-${asked.request_id}`} hidden>
                    {asked.name}
                  </span>
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
      <p role="status" className={styles.done}>
        {decide.isSuccess && decisionText(decide.variables)}
      </p>
      {decide.isError && !(decide.error instanceof GivenUp) && (
        <p role="alert" className={styles.failure}>
          {failureText(decide.error)}
        </p>
      )}
      {question}
    </>
  );
}
