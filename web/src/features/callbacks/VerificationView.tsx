import { Badge, type BadgeTone } from '../../ui/Badge';
import { ageText, type Parted, partAtDifference } from './difference';
import type { Difference, KeyFit, Verification } from './types';
import styles from './Verifier.module.css';

const VERDICTS: Record<Verification['verdict'], { text: string; tone: BadgeTone }> = {
  ok: { text: 'It is from us and unchanged', tone: 'good' },
  bad: { text: 'It does not verify', tone: 'bad' },
  unsigned: { text: 'It carries no signature', tone: 'waiting' },
};

const FITS: Record<KeyFit, { text: string; tone: BadgeTone }> = {
  current: { text: 'fits', tone: 'good' },
  previous: { text: 'fits the previous one', tone: 'waiting' },
  other_mode: { text: "fits the other mode's", tone: 'bad' },
  unknown: { text: 'fits none', tone: 'bad' },
  missing: { text: 'missing', tone: 'bad' },
};

/** What the verifier found. */
export function VerificationView({ result }: { result: Verification }) {
  const { auth, timestamp, signatures, causes, difference } = result;
  const verdict = VERDICTS[result.verdict];
  return (
    <section aria-labelledby="verification" className={styles.result}>
      <h2 id="verification">
        Result <Badge tone={verdict.tone}>{verdict.text}</Badge>
      </h2>
      <dl className={styles.found}>
        <div>
          <dt>Callback auth key</dt>
          <dd>
            <Badge tone={FITS[auth.state].tone}>{FITS[auth.state].text}</Badge> {auth.text}
          </dd>
        </div>
        {timestamp !== null && (
          <div>
            <dt>Timestamp</dt>
            <dd>
              <Badge tone={timestamp.within_tolerance ? 'good' : 'waiting'}>
                {ageText(timestamp.age_seconds)}
              </Badge>{' '}
              {timestamp.within_tolerance
                ? 'within the 5 minutes that receivers allow'
                : 'receivers that allow 5 minutes refuse it'}
            </dd>
          </div>
        )}
        {signatures.map(({ scheme, state, text }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list of one answer never changes
          <div key={index}>
            <dt>Signature {scheme}</dt>
            <dd>
              <Badge tone={FITS[state].tone}>{FITS[state].text}</Badge> {text}
            </dd>
          </div>
        ))}
      </dl>
      {causes.length > 0 && (
        <>
          <h3>Likely causes, the most likely first</h3>
          <ol className={styles.causes}>
            {causes.map((cause) => (
              <li key={cause}>{cause}</li>
            ))}
          </ol>
        </>
      )}
      {difference !== null && <ShownDifference difference={difference} />}
    </section>
  );
}

function ShownDifference({ difference }: { difference: Difference }) {
  const { expected, got } = partAtDifference(difference);
  return (
    <>
      <h3>Where the body parts from the one that was sent</h3>
      <p>
        Byte {difference.offset}, line {difference.line}, column {difference.column}
      </p>
      <dl className={styles.found}>
        <div>
          <dt>Sent</dt>
          <dd>
            <Marked {...expected} />
          </dd>
        </div>
        <div>
          <dt>Got</dt>
          <dd>
            <Marked {...got} />
          </dd>
        </div>
      </dl>
    </>
  );
}

function Marked({ same, mark, rest }: Parted) {
  return (
    <code className={styles.context}>
      {same}
      <mark>{mark}</mark>
      {rest}
    </code>
  );
}
