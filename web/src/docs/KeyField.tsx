import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { apiPath, request } from '../api/client';
import { sessionQuery } from '../api/queries';
import type { Keys } from '../api/types';
import { Button } from '../ui/Button';
import styles from './KeyField.module.css';
import { setReaderKey, useReaderKey } from './reader-key';

/** Where the reader enters the key, as the user name, beside the password that stays blank. */
export function KeyField({ invalid }: { invalid?: string | null }) {
  const key = useReaderKey();
  const id = useId();
  return (
    <div className={styles.fields}>
      <div className={styles.field}>
        <label htmlFor={`${id}-key`}>API Key (username)</label>
        <input
          id={`${id}-key`}
          type="text"
          value={key}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder="test_…"
          aria-invalid={invalid ? true : undefined}
          aria-describedby={invalid ? `${id}-problem` : undefined}
          onChange={(event) => setReaderKey(event.target.value.trim())}
        />
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-password`}>Password</label>
        <input id={`${id}-password`} type="text" value="" readOnly placeholder="blank" autoComplete="off" />
      </div>
      {invalid && (
        <p id={`${id}-problem`} role="alert" className={styles.problem}>
          {invalid}
        </p>
      )}
      <OwnTestKey />
    </div>
  );
}

/** Fills in the account's test key for those who may see it; tells the others where keys come from. Never the live key. */
function OwnTestKey() {
  const session = useQuery({ ...sessionQuery, retry: false });
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  if (session.isPending) return null;
  if (!session.data) {
    return (
      <p className={styles.help}>
        {/* Another page, behind the log-in: not a step inside the docs. */}
        <a href="/live/api-keys">Get API Key from Customer Dashboard</a>
      </p>
    );
  }
  if (!session.data.capabilities.includes('reveal_test_key')) {
    return (
      <p className={styles.help}>
        <Link to="/docs/$guide" params={{ guide: 'authentication' }} hash="dont-see-api-keys">
          Don't see API Keys?
        </Link>
      </p>
    );
  }

  async function fill() {
    setBusy(true);
    setFailure(null);
    try {
      setReaderKey(await revealTestKey());
    } catch (error) {
      setFailure(error instanceof Error ? error.message : 'The key stays hidden.');
    }
    setBusy(false);
  }

  return (
    <div className={styles.help}>
      <Button small icon="flask" refused={busy && 'The key is being fetched.'} onClick={() => void fill()}>
        Use my test key
      </Button>
      {failure && (
        <p role="alert" className={styles.problem}>
          {failure}
        </p>
      )}
    </div>
  );
}

async function revealTestKey(): Promise<string> {
  const keys = await request<Keys>('GET', '/web/keys');
  const usable = keys.api_keys.find(({ environment, state }) => environment === 'test' && state === 'active');
  if (!usable) throw new Error('The account has no active test key. Make one in the section API Keys.');
  const { key } = await request<{ key: string }>('POST', apiPath('web', 'keys', usable.key_id, 'reveal'), {});
  return key;
}
