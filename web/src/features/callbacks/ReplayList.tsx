import { useQuery, useQueryClient } from '@tanstack/react-query';
import { apiPath, request } from '../../api/client';
import type { Mode } from '../../api/types';
import { count, counted } from '../../lib/money';
import { Button } from '../../ui/Button';
import { Time } from '../../ui/Time';
import { useSending } from '../session/use-sending';
import { callbacksKey, replaysQuery } from './queries';
import styles from './ReplayList.module.css';
import { filterText, shareDone, timeLeft } from './replay';
import type { Replay } from './types';
import { useNow } from './use-now';

const STATE_WORDS: Record<Replay['state'], string> = {
  running: 'running',
  paused: 'paused',
  canceled: 'canceled',
  done: 'done',
};

/** Replays: those under way in view, the ended ones folded away. They go on without the page. */
export function ReplayList({ mode, mayAct }: { mode: Mode; mayAct: boolean }) {
  const replays = useQuery(replaysQuery(mode)).data?.replays ?? [];
  if (replays.length === 0) return null;
  const open = replays.filter(({ state }) => state === 'running' || state === 'paused');
  const ended = replays.filter(({ state }) => state === 'canceled' || state === 'done');
  const shown = (some: Replay[]) => (
    <ul className={styles.list}>
      {some.map((replay) => (
        <ReplayRow key={replay.id} mode={mode} replay={replay} mayAct={mayAct} />
      ))}
    </ul>
  );
  return (
    <section aria-labelledby="callback-replays" className={styles.replays}>
      <h2 id="callback-replays">Sent again</h2>
      {open.length > 0 && shown(open)}
      {ended.length > 0 && (
        <details className={styles.ended}>
          <summary>{counted(ended.length, 'ended replay')}</summary>
          {shown(ended)}
        </details>
      )}
    </section>
  );
}

function ReplayRow({ mode, replay, mayAct }: { mode: Mode; replay: Replay; mayAct: boolean }) {
  const queryClient = useQueryClient();
  const { sending, failure, run } = useSending();
  const now = useNow();
  const { state } = replay;
  const left = timeLeft(replay, now);
  const name = filterText(replay.filter);

  function act(action: 'pause' | 'resume' | 'cancel') {
    void run(async () => {
      await request('POST', apiPath('web', mode, 'callbacks', 'replays', replay.id, action));
      await queryClient.invalidateQueries({ queryKey: callbacksKey(mode) });
    });
  }

  return (
    <li className={styles.replay}>
      <p>
        {name}: <strong>{STATE_WORDS[state]}</strong>, asked for by {replay.created_by}{' '}
        <Time iso={replay.created_at} />
      </p>
      <div className={styles.line}>
        <progress className={styles.bar} aria-label={`Replay of ${name}`} max={1} value={shareDone(replay)} />
        <span className={styles.numbers}>
          {Math.floor(shareDone(replay) * 100)}%, {count(replay.sent)} of {count(replay.total)}:{' '}
          {count(replay.delivered)} delivered, {count(replay.failed)} failed{left && `; ${left}`}
        </span>
        {mayAct && (state === 'running' || state === 'paused') && (
          <span className={styles.buttons}>
            <Button small aria-busy={sending} onClick={() => act(state === 'running' ? 'pause' : 'resume')}>
              {state === 'running' ? 'Pause' : 'Resume'}
              <span className="visually-hidden"> the replay of {name}</span>
            </Button>
            <Button small look="danger" aria-busy={sending} onClick={() => act('cancel')}>
              Cancel
              <span className="visually-hidden"> the replay of {name}</span>
            </Button>
          </span>
        )}
      </div>
      {failure !== null && (
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
      )}
    </li>
  );
}
