import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { request } from '../../api/client';
import { homeQuery, keysQuery, tasksQuery } from '../../api/queries';
import type { Key, Mode } from '../../api/types';
import { Button, IconButton } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { Icon } from '../../ui/Icon';
import { LoadingState } from '../../ui/states';
import { callbackSettingsQuery } from '../callback-settings/callback-settings';
import { receiverQuery } from '../callbacks/queries';
import { isRolledAndRunning } from '../keys/key-words';
import { NoKeyAccess } from '../keys/NoKeyAccess';
import { useKeyRequests } from '../keys/use-key-requests';
import { useShownText } from '../keys/use-shown-text';
import { useSending } from '../session/use-sending';
import { can, useSession } from '../session/use-session';
import { CallbackStep } from './CallbackStep';
import styles from './FirstSteps.module.css';
import { StepCall } from './StepCall';
import { stepsDone, tasksOf } from './steps';

// It draws, so it is fetched only when there is something to draw.
const MadeUpAnswer = lazy(() =>
  import('./MadeUpAnswer').then((module) => ({ default: module.MadeUpAnswer })),
);

/** Only one mode's news come to a tab; the numbers of both are asked this often. */
const ASK_EVERY_MS = 4000;

interface Team {
  people: { role: string; active: boolean }[];
  invitations?: { role: string }[];
}

/** The way from nothing to the first answer of a person. */
export function FirstSteps({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const seesKeys = can(session, 'see_api_keys');
  const keys = useQuery({ ...keysQuery, enabled: seesKeys });
  const test = useQuery({ ...homeQuery('test'), refetchInterval: ASK_EVERY_MS });
  const live = useQuery({ ...homeQuery('live'), refetchInterval: ASK_EVERY_MS });
  const team = useQuery({
    queryKey: ['team', 'first-steps'],
    queryFn: () => request<Team>('GET', '/web/team'),
    enabled: can(session, 'see_team'),
  });
  const settings = useQuery({ ...callbackSettingsQuery, enabled: can(session, 'view_callbacks') });
  const receiver = useQuery({ ...receiverQuery('test'), enabled: can(session, 'manage_callbacks') });
  const { reveal, passwordDialog } = useKeyRequests();
  const [shownTest, showTest] = useShownText();
  const [made, setMade] = useState<string | null>(null);

  const apiKeys = keys.data?.api_keys ?? [];
  const keyOf = (mode: Mode): Key | null =>
    apiKeys.find(
      (key) =>
        key.environment === mode && key.state === 'active' && key.revealable && !isRolledAndRunning(key),
    ) ?? null;
  const done = stepsDone({
    test: test.data,
    live: live.data,
    keys: apiKeys,
    labelers:
      (team.data?.people ?? []).filter((person) => person.active && person.role === 'labeler').length +
      (team.data?.invitations ?? []).filter((invitation) => invitation.role === 'labeler').length,
    defaultUrl: settings.data?.default_callback_url ?? null,
    received: receiver.data?.receiver?.received ?? 0,
  });
  const testKey = keyOf('test');

  return (
    <section aria-labelledby="first-steps" className={styles.steps}>
      <div className={styles.head}>
        <h2 id="first-steps">First steps</h2>
        <IconButton icon="close" name="Close the first steps" onClick={onClose} />
      </div>
      <ol className={styles.list}>
        <Step title="Your test key" done={done.key}>
          {!seesKeys ? (
            <NoKeyAccess />
          ) : keys.isPending ? (
            <LoadingState what="the keys" rows={1} />
          ) : testKey ? (
            <TestKey apiKey={testKey} shown={shownTest} show={showTest} reveal={reveal} />
          ) : (
            <p>
              No test key can be shown.{' '}
              <Link to="/$mode/api-keys" params={{ mode: 'test' }}>
                Create one
              </Link>
              .
            </p>
          )}
        </Step>
        <Step title="Create a task" done={done.testTask}>
          <p>
            With the test key the task is answered at once, free of charge. Send this from a shell or a
            program, or try it here.
          </p>
          <StepCall mode="test" apiKey={testKey} shown={shownTest} reveal={reveal} onMade={setMade} />
          {done.testTask ? (
            <NewestAnswer made={made} count={tasksOf(test.data)} />
          ) : (
            <p className={styles.waiting}>This page notices by itself when the task arrives.</p>
          )}
        </Step>
        <Step title="Now with a person" done={done.liveTask}>
          <p>The same call with the live key: the task waits until a person has answered it.</p>
          <StepCall
            mode="live"
            apiKey={keyOf('live')}
            shown={null}
            reveal={reveal}
            onMade={() => undefined}
          />
        </Step>
        <Step title="Do it yourself" done={done.answer}>
          <p>
            <Link to="/$mode/label" params={{ mode: 'live' }}>
              Open the workspace
            </Link>{' '}
            and answer the task. Its page then shows the answer, the callback and the charge.
          </p>
        </Step>
        <Step title="Get answers sent to you" done={done.callback}>
          <CallbackStep defaultUrl={settings.data?.default_callback_url ?? null} />
        </Step>
        <Step title="Bring in others" done={done.labeler}>
          <p>
            {can(session, 'invite_member') ? (
              <>
                <Link to="/settings/team">Invite a labeler</Link> who does the tasks.
              </>
            ) : (
              'Ask an Admin or Manager to invite a labeler who does the tasks.'
            )}
          </p>
        </Step>
      </ol>
      {passwordDialog}
    </section>
  );
}

/** A step and whether it is done: in words for those who do not see the tick. */
function Step({ title, done, children }: { title: string; done: boolean; children: ReactNode }) {
  return (
    <li className={done ? `${styles.step} ${styles.done}` : styles.step}>
      <h3 className={styles.title}>
        {title}
        {done && (
          <span className={styles.tick}>
            <Icon name="check" /> Done
          </span>
        )}
      </h3>
      {children}
    </li>
  );
}

interface TestKeyProps {
  apiKey: Key;
  shown: string | null;
  show: (text: string | null) => void;
  reveal: (key: Key) => Promise<string>;
}

function TestKey({ apiKey, shown, show, reveal }: TestKeyProps) {
  const { sending, failure, run } = useSending();
  return (
    <>
      <p className={styles.key}>
        <code>{shown ?? apiKey.hint}</code>
        {shown === null ? (
          <Button
            small
            icon="eye"
            aria-busy={sending}
            onClick={() => void run(async () => show(await reveal(apiKey)))}
          >
            Reveal
          </Button>
        ) : (
          <Button small icon="eyeOff" onClick={() => show(null)}>
            Hide
          </Button>
        )}
        <CopyButton small what="key" text={shown ?? (() => reveal(apiKey))} />
      </p>
      {failure && (
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
      )}
    </>
  );
}

/** The answer of the task that was made here, else of the newest one: it may have come from a program. */
function NewestAnswer({ made, count }: { made: string | null; count: number }) {
  const tasks = useQuery({ ...tasksQuery('test', {}), enabled: made === null && count > 0 });
  const taskId = made ?? tasks.data?.docs[0]?.task_id;
  if (taskId === undefined) return null;
  return (
    <Suspense fallback={<LoadingState what="the answer" rows={3} />}>
      <MadeUpAnswer taskId={taskId} />
    </Suspense>
  );
}
