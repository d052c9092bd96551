import { Link } from '@tanstack/react-router';
import type { Mode } from '../../api/types';
import { counted } from '../../lib/money';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Time } from '../../ui/Time';
import { useSending } from '../session/use-sending';
import { Countdown } from './Countdown';
import styles from './TargetList.module.css';
import type { Target } from './types';
import { useTargetActions } from './use-target-actions';
import { countUpTo, outcomeWords, pausedBy, TARGET_TONES, TARGET_WORDS } from './words';

interface TargetCardProps {
  mode: Mode;
  target: Target;
  countsCappedAt: number;
  mayAct: boolean;
  onDone: (text: string) => void;
  onDiscard: () => void;
}

/** A target, how it does, and what may be done about it. */
export function TargetCard({ mode, target, countsCappedAt, mayAct, onDone, onDiscard }: TargetCardProps) {
  const act = useTargetActions(mode);
  const { sending, failure, run } = useSending();
  const paused = target.state === 'paused';

  function change() {
    void run(async () => {
      await act(paused ? 'resume' : 'pause', target.target);
      onDone(
        paused
          ? `${target.target} is resumed: what was held goes out now.`
          : `${target.target} is paused: new callbacks to it are held, nothing is lost.`,
      );
    });
  }

  return (
    <li className={styles.target}>
      <div className={styles.head}>
        <Link to="/$mode/callbacks" params={{ mode }} search={{ target: target.target }}>
          {target.target}
        </Link>
        <Badge tone={TARGET_TONES[target.state]}>{TARGET_WORDS[target.state]}</Badge>
        {mayAct && (
          <span className={styles.buttons}>
            <Button small aria-busy={sending} onClick={change}>
              {paused ? 'Resume' : 'Pause'}
              <span className="visually-hidden"> {target.target}</span>
            </Button>
            {target.held > 0 && (
              <Button small look="danger" onClick={onDiscard}>
                Discard held…
                <span className="visually-hidden"> for {target.target}</span>
              </Button>
            )}
          </span>
        )}
      </div>
      <p className={styles.facts}>
        <State target={target} countsCappedAt={countsCappedAt} />
      </p>
      {failure !== null && (
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
      )}
    </li>
  );
}

function State({ target, countsCappedAt }: { target: Target; countsCappedAt: number }) {
  const { failures, last_outcome, last_status } = target;
  return (
    <>
      {target.paused_at !== null && (
        <span>
          paused <Time iso={target.paused_at} /> {pausedBy(target)}
        </span>
      )}
      {failures > 0 && (
        <span>
          {counted(failures, 'failure')} in a row, the last:{' '}
          {last_status ?? outcomeWords(last_outcome).toLowerCase()}
        </span>
      )}
      {target.state === 'open' && target.open_until !== null && (
        <span>
          next probe <Countdown iso={target.open_until} />
        </span>
      )}
      {target.not_before !== null && (
        <span>
          asked us to wait: next try <Countdown iso={target.not_before} />
        </span>
      )}
      <span>
        {target.last_success_at ? (
          <>
            last success <Time iso={target.last_success_at} />
          </>
        ) : (
          'no success yet'
        )}
      </span>
      <span>
        {countUpTo(target.pending, countsCappedAt)} pending, {countUpTo(target.held, countsCappedAt)} held
      </span>
    </>
  );
}
