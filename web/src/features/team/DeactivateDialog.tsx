import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { apiPath, request } from '../../api/client';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Dialog, DialogActions } from '../../ui/Dialog';
import { failureText } from '../session/plain-form';
import { GivenUp, useRecentLogIn } from '../session/use-recent-log-in';
import styles from './dialogs.module.css';
import { type KnownKey, type Person, teamQuery } from './team';

/** Takes somebody's access away; afterwards it names the keys that they may know, since those go on working. */
export function DeactivateDialog({ person, onClose }: { person: Person; onClose: () => void }) {
  const queryClient = useQueryClient();
  const { withRecentLogIn, question } = useRecentLogIn('deactivate this person');
  const deactivate = useMutation({
    mutationFn: () =>
      withRecentLogIn(() =>
        request<{ keys: KnownKey[] }>(
          'POST',
          apiPath('web', 'team', 'people', person.user_id, 'deactivate'),
          {},
        ),
      ),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: teamQuery.queryKey }),
  });

  if (deactivate.isSuccess)
    return <KeysToRoll person={person} keys={deactivate.data.keys} onClose={onClose} />;
  return (
    <>
      <Dialog title={`Deactivate ${person.name}?`} onClose={onClose}>
        <p>
          {person.name} is logged out everywhere at once and cannot log in again. Tasks that they are working
          on return to the queue. What they did stays. You can reactivate them.
        </p>
        <p>API keys belong to the account and go on working: the next step shows which ones they may know.</p>
        {deactivate.isError && !(deactivate.error instanceof GivenUp) && (
          <p role="alert" className={styles.failure}>
            {failureText(deactivate.error)}
          </p>
        )}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger"
            aria-busy={deactivate.isPending}
            onClick={() => !deactivate.isPending && deactivate.mutate()}
          >
            Deactivate
          </Button>
        </DialogActions>
      </Dialog>
      {question}
    </>
  );
}

function KeysToRoll({ person, keys, onClose }: { person: Person; keys: KnownKey[]; onClose: () => void }) {
  const mode = keys.some(({ environment }) => environment === 'live') ? 'live' : 'test';
  return (
    <Dialog title={`${person.name} is deactivated`} onClose={onClose}>
      {keys.length === 0 ? (
        <p>They created no key and looked at none, so there is nothing to roll.</p>
      ) : (
        <>
          <p>They created or revealed these keys, which go on working. Roll what they should not know:</p>
          <ul className={styles.keys}>
            {keys.map((key) => (
              <li key={key.key_id}>
                <Badge tone={key.environment === 'live' ? 'good' : 'neutral'}>{key.environment}</Badge>{' '}
                {key.name} <code>{key.hint}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      <DialogActions>
        <Button onClick={onClose}>Done</Button>
        {keys.length > 0 && (
          <Link to="/$mode/api-keys" params={{ mode }} className={styles.link}>
            Roll them on API Keys
          </Link>
        )}
      </DialogActions>
    </Dialog>
  );
}
