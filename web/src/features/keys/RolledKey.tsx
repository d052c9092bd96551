import { useEffect, useState } from 'react';
import { apiPath } from '../../api/client';
import type { Key, Receipt } from '../../api/types';
import { shortTime } from '../../lib/time';
import { Button } from '../../ui/Button';
import { Time } from '../../ui/Time';
import { useSending } from '../session/use-sending';
import styles from './KeyCard.module.css';
import type { KeyDialog } from './KeyDialogs';
import { laterEnds, receiptText, stillUsedBy } from './key-words';
import { useKeyRequests } from './use-key-requests';

interface RolledKeyProps {
  apiKey: Key;
  rolledAt: string;
  onOpen: (dialog: KeyDialog) => void;
  onDone: (text: string) => void;
}

/** Of a key that still works beside the one that replaces it: until when, and who uses it. */
export function RolledKey({ apiKey, rolledAt, onOpen, onDone }: RolledKeyProps) {
  const { change, passwordDialog } = useKeyRequests();
  const ending = useSending();
  const now = useNow();

  function endNow() {
    void ending.run(async () => {
      const answer = await change<{ receipt: Receipt }>('PUT', apiPath('web', 'keys', apiKey.key_id, 'end'), {
        at: 'now',
      });
      onDone(`Key ${apiKey.hint} has ended. ${receiptText(answer.receipt)}`);
    });
  }

  return (
    <div className={styles.rolled}>
      <p>
        The old key works until {shortTime(apiKey.expires_at ?? '')}, then stops. Programs that still use it:{' '}
        {stillUsedBy(apiKey, now)}.
      </p>
      {apiKey.uses !== undefined && apiKey.uses.length > 0 && (
        <ul>
          {apiKey.uses.map((use) => (
            <li key={`${use.address} ${use.user_agent}`}>
              {use.address}
              {use.user_agent && <span className={styles.agent}> by {use.user_agent}</span>},{' '}
              <Time iso={use.last_used_at} />
            </li>
          ))}
        </ul>
      )}
      <div className={styles.buttons}>
        <Button small look="danger" aria-busy={ending.sending} onClick={endNow}>
          End now
        </Button>
        <Button
          small
          refused={
            laterEnds(apiKey, rolledAt, now).length === 0 &&
            'An old key works for at most 30 days after it was rolled.'
          }
          onClick={() => onOpen({ what: 'extend', key: apiKey, rolledAt })}
        >
          Extend
        </Button>
      </div>
      {ending.failure && (
        <p role="alert" className={styles.failure}>
          {ending.failure}
        </p>
      )}
      {passwordDialog}
    </div>
  );
}

/** The present, told anew every half minute. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 30_000);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}
