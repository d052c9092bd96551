import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { apiPath, request } from '../../api/client';
import type { Mode } from '../../api/types';
import { shortTime } from '../../lib/time';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { LoadingState } from '../../ui/states';
import { Time } from '../../ui/Time';
import styles from '../keys/KeyCard.module.css';
import { MODE_WORDS } from '../keys/key-words';
import { useShownText } from '../keys/use-shown-text';
import { useRecentLogIn } from '../session/use-recent-log-in';
import { useSending } from '../session/use-sending';
import { FailureState } from '../shell/FailureState';
import {
  SECRETS_MAX,
  type SigningSecret,
  type SigningSecrets,
  signingSecretsQuery,
} from './callback-settings';
import { RollSecretDialog } from './RollSecretDialog';

interface SigningSecretCardProps {
  mode: Mode;
  /** Tells what was done, above the cards. */
  onDone: (text: string) => void;
}

/** What callbacks of a mode are signed with: the secret, masked, and the public key for receivers that have none. */
export function SigningSecretCard({ mode, onDone }: SigningSecretCardProps) {
  const query = useQuery(signingSecretsQuery(mode));
  const title = `${MODE_WORDS[mode]} Callback Signing Secret`;
  return (
    <section aria-label={title} className={styles.card}>
      <h4>{title}</h4>
      {query.isPending && <LoadingState what="the signing secrets" rows={1} />}
      {query.isError && !query.data && (
        <FailureState
          what="The signing secrets could not be loaded."
          error={query.error}
          onTryAgain={() => void query.refetch()}
        />
      )}
      {query.data && <Shown mode={mode} signing={query.data} onDone={onDone} />}
    </section>
  );
}

function Shown({ mode, signing, onDone }: SigningSecretCardProps & { signing: SigningSecrets }) {
  const [rolling, setRolling] = useState(false);
  const { secrets, public_keys, public_keys_url } = signing;
  const current = secrets.find(({ state }) => state === 'current');
  const previous = secrets.filter(({ state }) => state === 'previous');
  return (
    <>
      {current ? (
        <Secret
          mode={mode}
          secret={current}
          rollRefused={
            secrets.length >= SECRETS_MAX &&
            `At most ${SECRETS_MAX} secrets sign at a time. Roll again when an old one has ended.`
          }
          onRoll={() => setRolling(true)}
        />
      ) : (
        <p>No secret of {mode} mode signs. Callbacks go out without signatures.</p>
      )}
      {previous.map((secret) => (
        <section key={secret.id} aria-label={`Old secret ${secret.hint}`} className={styles.rolled}>
          <p>The old secret signs too until {shortTime(secret.expires_at ?? '')}, then stops.</p>
          <Secret mode={mode} secret={secret} />
        </section>
      ))}
      {public_keys.map((key, index) => (
        <div key={key}>
          <p>{index === 0 ? 'Public key' : 'Old public key'}</p>
          <p className={styles.key}>
            <code>{key}</code>
          </p>
          <div className={styles.buttons}>
            <CopyButton small what="public key" text={key} />
          </div>
        </div>
      ))}
      <p className={styles.facts}>
        The public key checks <code>v1a</code>, where a receiver should hold no secret. It is also at{' '}
        <a href={public_keys_url} className={styles.agent}>
          {public_keys_url}
        </a>
      </p>
      {rolling && current && (
        <RollSecretDialog mode={mode} secret={current} onDone={onDone} onClose={() => setRolling(false)} />
      )}
    </>
  );
}

interface SecretProps {
  mode: Mode;
  secret: SigningSecret;
  /** Why it cannot be rolled now. */
  rollRefused?: string | false;
  /** Absent of a secret that was rolled. */
  onRoll?: () => void;
}

/** One secret, masked. Its text is fetched by Reveal and Copy, and held in memory only, for a minute. */
function Secret({ mode, secret, rollRefused = false, onRoll }: SecretProps) {
  const { withRecentLogIn, question } = useRecentLogIn('see or change keys');
  const [shown, show] = useShownText();
  const { sending, failure, run } = useSending();

  async function text(): Promise<string> {
    const path = apiPath('web', mode, 'signing-secrets', secret.id, 'reveal');
    const answer = await withRecentLogIn(() => request<{ secret: string }>('POST', path));
    return answer.secret;
  }

  return (
    <>
      <p className={styles.key}>
        <code>{shown ?? secret.hint}</code>
      </p>
      <div className={styles.buttons}>
        {shown === null ? (
          <Button
            small
            icon="eye"
            aria-busy={sending}
            onClick={() => void run(async () => show(await text()))}
          >
            Reveal
          </Button>
        ) : (
          <Button small icon="eyeOff" onClick={() => show(null)}>
            Hide
          </Button>
        )}
        <CopyButton small what="secret" text={shown ?? text} />
        {onRoll && (
          <Button small refused={rollRefused} onClick={onRoll}>
            Roll
          </Button>
        )}
      </div>
      {failure && (
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
      )}
      <dl className={styles.facts}>
        <div>
          <dt>Made</dt>
          <dd>
            <Time iso={secret.created_at} />
          </dd>
        </div>
        {secret.expires_at !== null && (
          <div>
            <dt>Ends</dt>
            <dd>
              <Time iso={secret.expires_at} />
            </dd>
          </div>
        )}
      </dl>
      {question}
    </>
  );
}
