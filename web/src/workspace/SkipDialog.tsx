import { type FormEvent, useId, useState } from 'react';
import type { SkipReason } from '../api/types';
import { Dialog, SubmitActions } from '../ui/Dialog';
import styles from './SkipDialog.module.css';

const REASONS: { reason: SkipReason; text: string }[] = [
  { reason: 'instruction_unclear', text: 'Instruction unclear' },
  { reason: 'attachment_does_not_load', text: 'Attachment does not load' },
  { reason: 'lack_of_knowledge', text: 'I lack the knowledge' },
  { reason: 'other', text: 'Other' },
];

interface SkipDialogProps {
  startWith: SkipReason | null;
  onSkip: (reason: SkipReason, text: string) => Promise<void>;
  onClose: () => void;
}

/** Asks why a task is skipped. */
export function SkipDialog({ startWith, onSkip, onClose }: SkipDialogProps) {
  const [reason, setReason] = useState<SkipReason | null>(startWith);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const textId = useId();

  async function skip(event: FormEvent) {
    event.preventDefault();
    if (sending) return;
    if (reason === null) {
      setProblem('Choose a reason.');
      return;
    }
    if (reason === 'other' && text.trim() === '') {
      setProblem('Say in a few words why.');
      return;
    }
    setSending(true);
    setProblem(null);
    try {
      await onSkip(reason, reason === 'other' ? text.trim() : '');
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : 'The task could not be skipped.');
      setSending(false);
    }
  }

  return (
    <Dialog title="Skip task" onClose={onClose}>
      <form onSubmit={skip} className={styles.form}>
        <fieldset className={styles.reasons}>
          <legend>Why? The reason helps to put the task right.</legend>
          {REASONS.map((choice) => (
            <label key={choice.reason} className={styles.reason}>
              <input
                type="radio"
                name="reason"
                checked={reason === choice.reason}
                onChange={() => setReason(choice.reason)}
              />
              {choice.text}
            </label>
          ))}
        </fieldset>
        {reason === 'other' && (
          <div>
            <label htmlFor={textId}>In a few words</label>
            <textarea
              id={textId}
              rows={3}
              maxLength={500}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </div>
        )}
        <p role="alert" className={styles.problem}>
          {problem}
        </p>
        <SubmitActions sending={sending} onCancel={onClose}>
          Skip this task
        </SubmitActions>
      </form>
    </Dialog>
  );
}
