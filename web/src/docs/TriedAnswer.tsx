import { useState } from 'react';
import { Button } from '../ui/Button';
import { basicSteps } from './basic-auth';
import { CodeBlock } from './CodeBlock';
import styles from './TriedAnswer.module.css';
import type { TriedCall } from './try-it';

const HIDDEN = '••••••••';

/** What was sent and what came back. */
export function TriedAnswer({ tried, apiKey }: { tried: TriedCall; apiKey: string }) {
  const good = tried.status < 400;
  return (
    <div className={styles.answer}>
      <p className={styles.line}>
        <span className={good ? styles.good : styles.bad}>
          {tried.status} {tried.statusText || STATUS_WORDS[tried.status] || ''}
        </span>
        <span className={styles.muted}>{Math.max(1, Math.round(tried.tookMs))} ms</span>
      </p>
      <CodeBlock text={tried.body} language="json" what="answer" title="Answer" low />
      <details>
        <summary>Headers of the answer</summary>
        <HeaderList headers={tried.headers} />
      </details>
      <details open>
        <summary>Headers that were sent</summary>
        <SentHeaders tried={tried} apiKey={apiKey} />
      </details>
    </div>
  );
}

/** HTTP/2 has no words for a status. */
const STATUS_WORDS: Record<number, string> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

function SentHeaders({ tried, apiKey }: { tried: TriedCall; apiKey: string }) {
  const [shown, setShown] = useState(false);
  const { joined, encoded } = basicSteps(apiKey);
  return (
    <>
      <HeaderList
        headers={tried.requestHeaders.map(([name, value]) => [
          name,
          name === 'Authorization' && !shown ? `Basic ${HIDDEN}` : value,
        ])}
      />
      <p className={styles.line}>
        <Button small icon={shown ? 'eyeOff' : 'eye'} onClick={() => setShown(!shown)}>
          {shown ? 'Hide' : 'Show'} Authorization
        </Button>
      </p>
      <p className={styles.muted}>
        The key, a colon and the blank password (<code>{shown ? joined : `${HIDDEN}:`}</code>) in Base64 are{' '}
        <code>{shown ? encoded : HIDDEN}</code>. Base64 hides nothing: whoever has the header has the key.
      </p>
    </>
  );
}

function HeaderList({ headers }: { headers: [string, string][] }) {
  return (
    <dl className={styles.headers}>
      {headers.map(([name, value]) => (
        <div key={name}>
          <dt>{name}:</dt> <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
