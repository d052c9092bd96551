import { Link } from '@tanstack/react-router';
import type { Mode } from '../../api/types';
import { exactTime } from '../../lib/time';
import { Badge, type BadgeTone } from '../../ui/Badge';
import { Time } from '../../ui/Time';
import styles from './AttemptList.module.css';
import { BodyView } from './BodyView';
import { HeaderTable } from './HeaderTable';
import { PhasesBar } from './PhasesBar';
import type { Attempt, Limits } from './types';
import { CAUSE_WORDS, outcomeWords } from './words';

interface AttemptListProps {
  mode: Mode;
  attempts: Attempt[];
  limits: Limits;
}

/** Every try, the newest first: when, where to, how long, and what came back. */
export function AttemptList({ mode, attempts, limits }: AttemptListProps) {
  if (attempts.length === 0) return <p>Not tried yet.</p>;
  const newestFirst = attempts.toSorted((a, b) => b.n - a.n);
  return (
    <>
      {newestFirst[0]?.may_be_wrong_key && (
        <p className={styles.hint}>
          Your server may compare with another key.{' '}
          <Link to="/$mode/callbacks/verify" params={{ mode }}>
            Check what it got in the verifier
          </Link>
        </p>
      )}
      <ol className={styles.attempts} reversed>
        {newestFirst.map((attempt) => (
          <li key={attempt.n} className={styles.attempt}>
            <ShownAttempt attempt={attempt} limits={limits} />
          </li>
        ))}
      </ol>
    </>
  );
}

function ShownAttempt({ attempt, limits }: { attempt: Attempt; limits: Limits }) {
  const { n, answer } = attempt;
  return (
    <>
      <div className={styles.head}>
        <h3>Try {n}</h3>
        <Badge tone={toneOf(attempt)}>
          {attempt.status !== null ? `${attempt.status}, ` : ''}
          {outcomeWords(attempt.outcome)}
        </Badge>
        <span>
          {CAUSE_WORDS[attempt.cause] ?? attempt.cause}, <Time iso={attempt.started_at} />
        </span>
      </div>
      {attempt.detail && <p>{attempt.detail}</p>}
      <PhasesBar attempt={attempt} limits={limits} />
      <dl className={styles.facts}>
        <div>
          <dt>Started</dt>
          <dd>{exactTime(attempt.started_at)}</dd>
        </div>
        {attempt.url !== null && (
          <div>
            <dt>Sent to, instead of its own address</dt>
            <dd>{attempt.url}</dd>
          </div>
        )}
        <div>
          <dt>Connected to</dt>
          <dd>{attempt.address ?? 'no address'}</dd>
        </div>
      </dl>
      <details className={styles.more}>
        <summary>
          Request headers<span className="visually-hidden"> of try {n}</span>
        </summary>
        <HeaderTable caption={`Request headers of try ${n}`} headers={attempt.request_headers} />
      </details>
      {answer !== null && (
        <details className={styles.more}>
          <summary>
            Answer<span className="visually-hidden"> to try {n}</span>
          </summary>
          <HeaderTable caption={`Headers of the answer to try ${n}`} headers={answer.headers} />
          {answer.body === '' ? (
            <p>No body.</p>
          ) : (
            <BodyView name={`body of the answer to try ${n}`} text={answer.body} />
          )}
          {!answer.complete && (
            <p className={styles.cut}>Not all of it: {limits.answer_bytes / 1024} KiB are read at most.</p>
          )}
        </details>
      )}
    </>
  );
}

function toneOf({ outcome, status }: Attempt): BadgeTone {
  if (outcome === null || outcome === 'started') return 'waiting';
  return outcome === 'delivered' || (status !== null && status >= 200 && status < 300) ? 'good' : 'bad';
}
