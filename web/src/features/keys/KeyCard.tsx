import { useEffect, useState } from 'react';
import { ApiError, apiPath, request } from '../../api/client';
import type { ApiKey, CallbackAuthKey, Mode } from '../../api/types';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { Icon } from '../../ui/Icon';
import { Time } from '../../ui/Time';
import { ConfirmPasswordDialog } from './ConfirmPasswordDialog';
import styles from './KeyCard.module.css';

/** A revealed key is hidden again after this time. */
const SHOWN_FOR_MS = 60_000;

interface KeyCardProps {
  title: string;
  /** What every key of this kind begins with; shown before the dots. */
  environment: Mode;
  apiKey: ApiKey | CallbackAuthKey;
}

/** One key, masked. Reveal and Copy fetch it; it is held in memory only, and not for long. */
export function KeyCard({ title, environment, apiKey }: KeyCardProps) {
  const [shownKey, setShownKey] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  // Both ends of the promise of a reveal that waits for the password.
  const [waiting, setWaiting] = useState<{ goOn: () => void; giveUp: (reason: Error) => void } | null>(null);

  useEffect(() => {
    if (shownKey === null) return;
    const timer = window.setTimeout(() => setShownKey(null), SHOWN_FOR_MS);
    return () => window.clearTimeout(timer);
  }, [shownKey]);

  async function fetchKey(): Promise<string> {
    for (;;) {
      try {
        const answer = await request<{ key: string }>(
          'POST',
          apiPath('web', 'keys', apiKey.key_id, 'reveal'),
          {},
        );
        return answer.key;
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'reauthentication_required')) throw error;
        await new Promise<void>((goOn, giveUp) => setWaiting({ goOn, giveUp }));
      }
    }
  }

  async function reveal() {
    setFailure(null);
    try {
      setShownKey(await fetchKey());
    } catch (error) {
      if (!(error instanceof GivenUp))
        setFailure(error instanceof Error ? error.message : 'The key stays hidden.');
    }
  }

  return (
    <section aria-label={title} className={`${styles.card} ${styles[environment]}`}>
      <h3 className={styles.title}>
        <Icon name={environment === 'live' ? 'bolt' : 'flask'} /> {title}
      </h3>
      <p className={styles.key}>
        <code>{shownKey ?? apiKey.hint}</code>
      </p>
      <p className={styles.facts}>
        {'name' in apiKey && `${apiKey.name} · `}made <Time iso={apiKey.created_at} />
        {'last_used_at' in apiKey && (
          <>
            {' · '}
            {apiKey.last_used_at === null ? (
              'never used'
            ) : (
              <>
                last used <Time iso={apiKey.last_used_at} />
              </>
            )}
          </>
        )}
        {'state' in apiKey && apiKey.state !== 'active' && ` · ${apiKey.state}`}
      </p>
      <div className={styles.buttons}>
        {shownKey === null ? (
          <Button small icon="eye" onClick={() => void reveal()}>
            Reveal
          </Button>
        ) : (
          <Button small icon="eyeOff" onClick={() => setShownKey(null)}>
            Hide
          </Button>
        )}
        <CopyButton small what="key" text={shownKey ?? fetchKey} />
      </div>
      {shownKey !== null && environment === 'live' && 'name' in apiKey && (
        <p className={styles.warning}>
          Anyone with this key can act for your account in live mode and cause charges. Keep it on servers.
        </p>
      )}
      {failure && (
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
      )}
      {waiting && (
        <ConfirmPasswordDialog
          onConfirmed={() => {
            setWaiting(null);
            waiting.goOn();
          }}
          onClose={() => {
            setWaiting(null);
            waiting.giveUp(new GivenUp());
          }}
        />
      )}
    </section>
  );
}

class GivenUp extends Error {}
