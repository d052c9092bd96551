import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ApiError } from '../api/client';
import { keysQuery, sessionQuery } from '../api/queries';
import type { Keys, Mode } from '../api/types';
import { SigningSecretCard } from '../features/callback-settings/SigningSecretCard';
import { EndedKeys } from '../features/keys/EndedKeys';
import { type KeyDialog, KeyDialogs } from '../features/keys/KeyDialogs';
import { KeyPolicySwitches } from '../features/keys/KeyPolicySwitches';
import { isEnded, isRolledAndRunning } from '../features/keys/key-words';
import { ModeCard } from '../features/keys/ModeCard';
import { NoKeyAccess } from '../features/keys/NoKeyAccess';
import { VerifySnippet } from '../features/keys/VerifySnippet';
import { can, useSession } from '../features/session/use-session';
import { FailureState } from '../features/shell/FailureState';
import { Button } from '../ui/Button';
import { PageHeading } from '../ui/PageHeading';
import { LoadingState } from '../ui/states';
import styles from './api-keys.module.css';

/** While an old key runs beside its new one, who still uses it is asked this often. */
const USES_EVERY_MS = 10_000;

/** `/:mode/api-keys`: the keys of both modes, the mode's own first. */
export function ApiKeysPage() {
  const { mode } = useParams({ from: '/shell/$mode/api-keys' });
  const session = useSession();
  const queryClient = useQueryClient();
  const [dialog, setDialog] = useState<KeyDialog | null>(null);
  const permitted = can(session, 'see_api_keys');
  const keys = useQuery({
    ...keysQuery,
    enabled: permitted,
    refetchInterval: ({ state }) => (allKeys(state.data).some(isRolledAndRunning) ? USES_EVERY_MS : false),
  });
  const refused = keys.error instanceof ApiError && keys.error.code === 'role_required';

  // The role was taken away, or is not yet known here: the session says what holds, and no key stays in memory.
  useEffect(() => {
    if (refused) void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
    if (!permitted) queryClient.removeQueries({ queryKey: keysQuery.queryKey });
  }, [refused, permitted, queryClient]);

  if (!permitted || refused) {
    return (
      <>
        <PageHeading title="API Keys" />
        <NoKeyAccess />
      </>
    );
  }
  return (
    <>
      <PageHeading
        title="API Keys"
        actions={
          <>
            <Button onClick={() => setDialog({ what: 'import', mode })}>Import an existing key</Button>
            <Button look="primary" icon="key" onClick={() => setDialog({ what: 'create', mode })}>
              Create key
            </Button>
          </>
        }
      />
      {keys.isPending && <LoadingState what="the keys" />}
      {keys.isError && !keys.data && (
        <FailureState
          what="The keys could not be loaded."
          error={keys.error}
          onTryAgain={() => void keys.refetch()}
        />
      )}
      {keys.data && <ShownKeys keys={keys.data} mode={mode} dialog={dialog} onOpen={setDialog} />}
    </>
  );
}

function allKeys(keys: Keys | undefined) {
  return keys ? [...keys.api_keys, ...keys.callback_auth_keys] : [];
}

interface ShownKeysProps {
  keys: Keys;
  mode: Mode;
  dialog: KeyDialog | null;
  onOpen: (dialog: KeyDialog | null) => void;
}

function ShownKeys({ keys, mode, dialog, onOpen }: ShownKeysProps) {
  const session = useSession();
  const [done, setDone] = useState('');
  const modes: Mode[] = mode === 'live' ? ['live', 'test'] : ['test', 'live'];
  const actions = { onOpen, onDone: setDone };
  return (
    <>
      <p role="status" className={styles.done}>
        {done}
      </p>
      <p className={styles.about}>
        The key chooses the mode: with the test key every task is answered at once with a made-up answer, with
        the live key people do the work. Send it as the user name of HTTP Basic with a blank password.
      </p>
      <h2 className="visually-hidden">Keys of both modes</h2>
      <div className={styles.cards}>
        {modes.map((environment) => (
          <ModeCard key={environment} mode={environment} kind="api" keys={keys.api_keys} {...actions} />
        ))}
      </div>
      <h2 className={styles.heading}>Callback auth keys and signing secrets</h2>
      <p className={styles.about}>
        {keys.policy.own_key_for_test_callbacks
          ? 'Every callback carries the Callback Auth Key of its mode in the header '
          : 'Every callback, of both modes, carries the Live Callback Auth Key in the header '}
        <code>scale-callback-auth</code>. Compare it before you believe a callback. Beside it each is signed
        with the Callback Signing Secret of its mode, by Standard Webhooks: a signature also shows that nobody
        changed the body on the way.{' '}
        <Link to="/docs/$guide" params={{ guide: 'callbacks' }} hash="check-that-we-sent-it">
          How to check both
        </Link>
      </p>
      <div className={styles.cards}>
        {modes.map((environment) => (
          <ModeCard
            key={environment}
            mode={environment}
            kind="callback"
            keys={keys.callback_auth_keys}
            {...actions}
          >
            <SigningSecretCard mode={environment} onDone={setDone} />
          </ModeCard>
        ))}
      </div>
      <div className={styles.snippet}>
        <VerifySnippet />
      </div>
      <EndedKeys keys={allKeys(keys).filter(isEnded)} />
      {can(session, 'set_key_policy') && (
        <>
          <h2 className={styles.heading}>Rules for all keys</h2>
          <KeyPolicySwitches policy={keys.policy} />
        </>
      )}
      {dialog && (
        <KeyDialogs
          dialog={dialog}
          shownOnce={keys.policy.show_keys_once}
          onClose={() => onOpen(null)}
          onDone={setDone}
        />
      )}
    </>
  );
}
