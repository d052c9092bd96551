import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { request } from '../../api/client';
import { accessRequestQuery, sessionQuery } from '../../api/queries';
import type { AccessRequest } from '../../api/types';
import { exactTime } from '../../lib/time';
import { Button } from '../../ui/Button';
import { NoPermissionState } from '../../ui/states';
import { useSending } from '../session/use-sending';
import { can, useSession } from '../session/use-session';
import styles from './NoKeyAccess.module.css';

/** The page asks this often whether the role has changed: within 5 s of it the keys are there. */
const ASK_EVERY_MS = 4000;

const NOTE_LENGTH_MAX = 500;

/**
 * What Members and Labelers see in place of keys (authentication.md 2.6). Nothing about keys is fetched for them; the
 * moment the role allows it the page changes by itself.
 */
export function NoKeyAccess() {
  const session = useSession();
  const mine = useQuery({ ...accessRequestQuery, refetchInterval: ASK_EVERY_MS });
  useQuery({ ...sessionQuery, refetchInterval: ASK_EVERY_MS });
  const admins = mine.data?.admins ?? [];
  return (
    <NoPermissionState>
      <p>
        Only Admins and Managers have access to API keys, for your security. Ask an Admin of your account to
        set your role to Manager on the team page.
        {admins.length > 0 && ` Admins: ${admins.join(', ').replace(/\.$/, '')}.`}
      </p>
      {can(session, 'ask_for_access') && mine.data && <AskAnAdmin mine={mine.data} />}
    </NoPermissionState>
  );
}

function AskAnAdmin({ mine }: { mine: AccessRequest }) {
  const id = useId();
  const queryClient = useQueryClient();
  const { sending, failure, run, fail } = useSending();
  const [note, setNote] = useState('');
  const mayAsk = mine.state !== 'open' && !(mine.again_at && Date.parse(mine.again_at) > Date.now());

  function ask(event: FormEvent) {
    event.preventDefault();
    if ([...note].length > NOTE_LENGTH_MAX) {
      fail(`A note has at most ${NOTE_LENGTH_MAX} characters; this one has ${[...note].length}.`);
      return;
    }
    void run(async () => {
      await request('POST', '/web/access-requests', { note: note.trim() });
      await queryClient.invalidateQueries({ queryKey: accessRequestQuery.queryKey });
    });
  }

  return (
    <>
      <p role="status">
        {mine.state === 'declined' && 'An Admin declined your request. '}
        {!mayAsk && mine.created_at && `You asked at ${exactTime(mine.created_at)}; again after 24 h.`}
        {mine.state === 'open' && ' The keys appear here by themselves once an Admin agrees.'}
      </p>
      {mayAsk && (
        <form className={styles.form} noValidate onSubmit={ask}>
          <div>
            <label htmlFor={id}>Note to the Admins (optional)</label>
            <textarea
              id={id}
              rows={3}
              value={note}
              onChange={(event) => setNote(event.target.value)}
              aria-invalid={failure !== null}
              aria-describedby={`${id}-failure`}
            />
            <p id={`${id}-failure`} role="alert" className={styles.failure}>
              {failure}
            </p>
          </div>
          <p>
            <Button look="primary" type="submit" aria-busy={sending}>
              Ask an Admin
            </Button>
          </p>
        </form>
      )}
    </>
  );
}
