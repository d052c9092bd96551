import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { apiPath, request } from '../../api/client';
import type { Mode } from '../../api/types';
import { Dialog, SubmitActions } from '../../ui/Dialog';
import { TextField } from '../../ui/TextField';
import { failureText } from '../session/plain-form';
import { useSending } from '../session/use-sending';
import styles from './dialogs.module.css';
import { type CallbackFilter, EVENTS, localMoment, momentOf, STATE_WORDS } from './filter';
import { callbacksKey } from './queries';
import { previewText, REPLAYED_STATES } from './replay';
import type { CallbackState, ReplayFilter, ReplayPreview } from './types';

interface ReplayDialogProps {
  mode: Mode;
  /** What the list is filtered by; the dialog starts with it. */
  filter: CallbackFilter;
  onClose: () => void;
}

/** Sends many callbacks again: first the filter, then how many that are, then the job. */
export function ReplayDialog({ mode, filter, onClose }: ReplayDialogProps) {
  const id = useId();
  const queryClient = useQueryClient();
  const [chosen, setChosen] = useState<ReplayFilter>(() => startingFilter(filter));
  const [preview, setPreview] = useState<ReplayPreview | null>(null);
  const { sending, failure, run, fail } = useSending();
  const path = apiPath('web', mode, 'callbacks', 'replays');

  /** What was counted holds only for what was chosen then. */
  function choose(change: ReplayFilter) {
    setChosen({ ...chosen, ...change });
    setPreview(null);
    fail(null);
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    void run(async () => {
      try {
        if (preview === null) {
          setPreview(await request<ReplayPreview>('POST', `${path}/preview`, chosen));
          return;
        }
        await request('POST', path, chosen);
      } catch (error) {
        throw new Error(failureText(error));
      }
      void queryClient.invalidateQueries({ queryKey: callbacksKey(mode) });
      onClose();
    });
  }

  const count = preview?.count ?? 0;
  return (
    <Dialog title="Send callbacks again" onClose={onClose}>
      <form className={styles.form} noValidate onSubmit={submit}>
        <p>
          Each goes out once more with the same id and body, the newest state of each task, behind fresh
          callbacks. Receivers see <code>weighbridge-replay: true</code>.
        </p>
        <div className={styles.pair}>
          <div>
            <label htmlFor={`${id}-since`} className={styles.label}>
              Since
            </label>
            <input
              id={`${id}-since`}
              type="datetime-local"
              data-autofocus
              value={localMoment(chosen.since)}
              onChange={(event) => choose({ since: momentOf(event.target.value) })}
            />
          </div>
          <div>
            <label htmlFor={`${id}-until`} className={styles.label}>
              Until
            </label>
            <input
              id={`${id}-until`}
              type="datetime-local"
              value={localMoment(chosen.until)}
              onChange={(event) => choose({ until: momentOf(event.target.value) })}
            />
          </div>
          <div>
            <label htmlFor={`${id}-state`} className={styles.label}>
              State
            </label>
            <select
              id={`${id}-state`}
              value={chosen.state}
              onChange={(event) => choose({ state: event.target.value })}
            >
              {REPLAYED_STATES.map((state) => (
                <option key={state} value={state}>
                  {STATE_WORDS[state]}
                </option>
              ))}
            </select>
          </div>
          <div>
            <label htmlFor={`${id}-event`} className={styles.label}>
              Event
            </label>
            <select
              id={`${id}-event`}
              value={chosen.event ?? ''}
              onChange={(event) => choose({ event: event.target.value || undefined })}
            >
              <option value="">Any</option>
              {EVENTS.map((event) => (
                <option key={event} value={event}>
                  {event}
                </option>
              ))}
            </select>
          </div>
        </div>
        <TextField
          label="Target"
          hint="Scheme, host and port; empty for all"
          autoComplete="off"
          spellCheck={false}
          value={chosen.target ?? ''}
          onChange={(event) => choose({ target: event.target.value.trim() || undefined })}
        />
        <TextField
          label="Project"
          hint="Its name; empty for all"
          autoComplete="off"
          value={chosen.project ?? ''}
          onChange={(event) => choose({ project: event.target.value || undefined })}
        />
        <p role="status" className={preview ? styles.found : 'visually-hidden'}>
          {preview && previewText(preview)}
        </p>
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
        {preview !== null && count === 0 ? (
          <SubmitActions sending={sending} onCancel={onClose}>
            Count again
          </SubmitActions>
        ) : (
          <SubmitActions sending={sending} onCancel={onClose}>
            {preview === null ? 'Count them' : `Send ${count.toLocaleString('en')} again`}
          </SubmitActions>
        )}
      </form>
    </Dialog>
  );
}

function startingFilter({ target, project, event, state, since, until }: CallbackFilter): ReplayFilter {
  return {
    ...{ target, project, event, since, until },
    state: REPLAYED_STATES.includes(state as CallbackState) ? state : 'failed',
  };
}
