import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { request } from '../../api/client';
import type { Key, Mode } from '../../api/types';
import { Button } from '../../ui/Button';
import { CodeTabs } from '../../ui/CodeTabs';
import { keyForm } from '../keys/key-form';
import { TypedConfirmDialog } from '../keys/TypedConfirmDialog';
import { useSending } from '../session/use-sending';
import styles from './FirstSteps.module.css';
import { type CallAnswer, curlCall, nodeCall, pythonCall, sendSampleCall } from './sample-call';

interface StepCallProps {
  mode: Mode;
  /** The key that the call is filled with; null where it cannot be shown, and then it is asked for. */
  apiKey: Key | null;
  /** Its text while it is shown. */
  shown: string | null;
  reveal: (key: Key) => Promise<string>;
  /** Tells the id of the task that was made. */
  onMade: (taskId: string) => void;
}

/** The create call, to be copied or tried in place. */
export function StepCall({ mode, apiKey, shown, reveal, onMade }: StepCallProps) {
  const id = useId();
  const queryClient = useQueryClient();
  const photo = useSamplePhoto();
  const { sending, failure, run, fail } = useSending();
  const [pasted, setPasted] = useState('');
  const [answer, setAnswer] = useState<CallAnswer | null>(null);
  const [confirming, setConfirming] = useState(false);

  const placeholder = apiKey?.hint ?? (pasted || `YOUR_${mode.toUpperCase()}_KEY`);
  const call = { origin: window.location.origin, photo, key: shown ?? placeholder };
  const keyText = async () => shown ?? (apiKey ? await reveal(apiKey) : pasted.trim());
  const filled = (write: typeof curlCall) => async () =>
    write({ ...call, key: (await keyText()) || placeholder });

  /** Makes the task; a key of the wrong kind is told before it does anything. */
  async function send() {
    const key = await keyText();
    const problem = keyProblem(key, mode);
    if (problem) throw new Error(problem);
    const made = await sendSampleCall(key, photo);
    setAnswer(made);
    if (made.taskId === null) return;
    onMade(made.taskId);
    void queryClient.invalidateQueries({ queryKey: [mode, 'home'] });
  }

  function tryIt() {
    setAnswer(null);
    if (mode === 'live') {
      fail(null);
      setConfirming(true);
    } else {
      void run(send);
    }
  }

  return (
    <div className={styles.call}>
      <CodeTabs
        what="call"
        codes={[
          { language: 'curl', text: curlCall(call), copied: filled(curlCall) },
          { language: 'Python', text: pythonCall(call), copied: filled(pythonCall) },
          { language: 'Node', text: nodeCall(call), copied: filled(nodeCall) },
        ]}
      />
      {apiKey === null && (
        <p className={styles.paste}>
          <label htmlFor={id}>API Key (username)</label>
          <input
            id={id}
            type="text"
            value={pasted}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setPasted(event.target.value)}
          />
        </p>
      )}
      <p>
        <Button look="primary" aria-busy={sending} onClick={tryIt}>
          Try it!
        </Button>
      </p>
      <div role="status">
        {answer && answer.taskId === null && (
          <p className={styles.failure}>
            {answer.status}: {answer.error ?? 'the server gave no reason.'}
          </p>
        )}
        {answer?.taskId && (
          <p>
            {answer.status} in {answer.ms} ms: task <code>{answer.taskId}</code>
          </p>
        )}
      </div>
      {failure && (
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
      )}
      {confirming && (
        <TypedConfirmDialog
          title="Create a live task?"
          label='Type "live"'
          wanted="live"
          action="Create the task"
          onClose={() => setConfirming(false)}
          onConfirmed={async () => {
            await send();
            setConfirming(false);
          }}
        >
          <p>This creates a real task and, once somebody has answered it, a charge.</p>
        </TypedConfirmDialog>
      )}
    </div>
  );
}

/** Why a call of a mode is not sent with this key, or null. */
function keyProblem(key: string, mode: Mode): string | null {
  if (key === '') return 'API Key is required: paste one, or ask an Admin for it.';
  const form = keyForm(key);
  if (form.form === 'damaged') return 'This key is mistyped or cut off: its last six characters do not fit.';
  if (form.form === 'own' && form.mode !== mode)
    return `This is a ${form.mode} key; this step is for ${mode} mode.`;
  return null;
}

/** Address of a photo that the server has itself. */
function useSamplePhoto(): string {
  const samples = useQuery({
    queryKey: ['samples'],
    queryFn: () => request<string[]>('GET', '/samples'),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const addresses = Array.isArray(samples.data) ? samples.data : [];
  return (
    addresses.find((address) => address.endsWith('/cat.jpg')) ??
    addresses[0] ??
    `${window.location.origin}/samples/cat.jpg`
  );
}
