import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { ApiError } from '../api/client';
import { keysQuery } from '../api/queries';
import type { Mode } from '../api/types';
import { KeyCard } from '../features/keys/KeyCard';
import { FailureState } from '../features/shell/FailureState';
import { PageHeading } from '../ui/PageHeading';
import { LoadingState, NoPermissionState } from '../ui/states';
import styles from './api-keys.module.css';

/** `/:mode/api-keys`: the keys of both modes, the mode's own first. */
export function ApiKeysPage() {
  const { mode } = useParams({ from: '/shell/$mode/api-keys' });
  // Asked again now and then, so that the keys appear by themselves when an Admin grants the role.
  const keys = useQuery({
    ...keysQuery,
    refetchInterval: (query) => (query.state.error instanceof ApiError ? 15_000 : false),
  });
  const modes: Mode[] = mode === 'live' ? ['live', 'test'] : ['test', 'live'];
  return (
    <>
      <PageHeading title="API Keys" />
      {keys.isPending && <LoadingState what="the keys" />}
      {keys.isError && <KeysFailure error={keys.error} onTryAgain={() => void keys.refetch()} />}
      {keys.data && (
        <>
          <p className={styles.about}>
            The key chooses the mode: with the test key every task is answered at once with a made-up answer,
            with the live key people do the work. Send it as the user name of HTTP Basic with a blank
            password.
          </p>
          <h2 className="visually-hidden">API keys of both modes</h2>
          <div className={styles.cards}>
            {modes.flatMap((environment) =>
              keys.data.api_keys
                .filter((key) => key.environment === environment)
                .map((key) => (
                  <KeyCard
                    key={key.key_id}
                    title={`${environment === 'live' ? 'Live' : 'Test'} API key`}
                    environment={environment}
                    apiKey={key}
                  />
                )),
            )}
          </div>
          <h2 className={styles.heading}>Callback auth keys</h2>
          <p className={styles.about}>
            Every callback carries the Live Callback Auth Key in the header <code>scale-callback-auth</code>,
            in both modes unless your account chose otherwise. Compare it before you believe a callback.
          </p>
          <div className={styles.cards}>
            {modes.flatMap((environment) =>
              keys.data.callback_auth_keys
                .filter((key) => key.environment === environment)
                .map((key) => (
                  <KeyCard
                    key={key.key_id}
                    title={`${environment === 'live' ? 'Live' : 'Test'} Callback Auth Key`}
                    environment={environment}
                    apiKey={key}
                  />
                )),
            )}
          </div>
        </>
      )}
    </>
  );
}

/** The words for those whose role has no keys name the Admins who can change that. */
function KeysFailure({ error, onTryAgain }: { error: Error; onTryAgain: () => void }) {
  if (error instanceof ApiError && error.code === 'role_required') {
    const admins = Array.isArray(error.body.admins) ? error.body.admins.map(String) : [];
    const named = admins.length > 0 && !error.message.includes(admins[0] ?? '');
    return (
      <NoPermissionState>
        <p>
          {error.message}
          {named && ` Admins: ${admins.join(', ').replace(/\.$/, '')}.`}
        </p>
      </NoPermissionState>
    );
  }
  return <FailureState what="The keys could not be loaded." error={error} onTryAgain={onTryAgain} />;
}
