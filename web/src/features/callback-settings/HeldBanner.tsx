import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { Mode } from '../../api/types';
import { Button } from '../../ui/Button';
import { Dialog, SubmitActions } from '../../ui/Dialog';
import { Icon } from '../../ui/Icon';
import { useRecentLogIn } from '../session/use-recent-log-in';
import { useSending } from '../session/use-sending';
import { can, useSession } from '../session/use-session';
import styles from '../shell/AccountBanners.module.css';
import { callbackSettingsQuery, heldWords, saveCallbackSettings } from './callback-settings';

/** The settings are of both modes, and news come of one: what waits is asked for this often. */
const ASK_EVERY_MS = 30_000;

/** Says that callbacks wait because plain http would show the key on its way, and lets them go (callbacks.md 5). */
export function HeldBanner({ mode }: { mode: Mode }) {
  const session = useSession();
  const settings = useQuery({
    ...callbackSettingsQuery,
    enabled: can(session, 'view_callbacks'),
    refetchInterval: ASK_EVERY_MS,
  });
  const [asking, setAsking] = useState(false);
  const held = settings.data?.held_plain_http;
  const words = held ? heldWords(held) : null;
  if (!held || words === null) return null;
  const other = mode === 'live' ? 'test' : 'live';
  const listed = held[mode] > 0 ? mode : other;
  return (
    <div className={`${styles.banner} ${styles.wrapping}`}>
      <Icon name="warning" />
      <p className={styles.text}>
        {words}: {held.live + held.test === 1 ? 'its' : 'their'} address is plain http to a public host, and
        the key could be read on the way.{' '}
        {!can(session, 'set_callback_settings') && 'An Admin or Manager can send what waits. '}
        <Link to="/$mode/callbacks" params={{ mode: listed }} search={{ state: 'held' }}>
          See them
        </Link>
      </p>
      {can(session, 'set_callback_settings') && (
        <Button small onClick={() => setAsking(true)}>
          Send them
        </Button>
      )}
      {asking && <SendHeldDialog words={words} onClose={() => setAsking(false)} />}
    </div>
  );
}

function SendHeldDialog({ words, onClose }: { words: string; onClose: () => void }) {
  const queryClient = useQueryClient();
  const { withRecentLogIn, question } = useRecentLogIn('change callback settings');
  const { sending, failure, run } = useSending();

  function send(event: FormEvent) {
    event.preventDefault();
    void run(async () => {
      await withRecentLogIn(() => saveCallbackSettings({ plain_http: 'send' }));
      await queryClient.invalidateQueries({ queryKey: callbackSettingsQuery.queryKey });
      onClose();
    });
  }

  return (
    <Dialog title="Send callbacks over plain http?" onClose={onClose}>
      <form onSubmit={send} className={styles.form}>
        <p>
          {words}. They go out at once, and so do all later ones to addresses of plain http, in both modes.
        </p>
        <p>
          Whoever stands between this server and the receiver can read the Callback Auth Key and the answers,
          and then send callbacks that look like ours. An address with https needs none of this.
        </p>
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
        <SubmitActions sending={sending} onCancel={onClose}>
          Send them
        </SubmitActions>
      </form>
      {question}
    </Dialog>
  );
}
