import { useEffect, useState } from 'react';
import { Button } from './Button';

interface CopyButtonProps {
  /** The text, or how to get it when the button is pressed. */
  text: string | (() => Promise<string>);
  /** What is copied, for the message afterwards: "Copied the key." */
  what: string;
  small?: boolean;
  /** The button's text. */
  label?: string;
}

/** Copies a text and says whether that worked. */
export function CopyButton({ text, what, small = false, label = 'Copy' }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (outcome === 'idle') return;
    const timer = window.setTimeout(() => setOutcome('idle'), 4000);
    return () => window.clearTimeout(timer);
  }, [outcome]);

  async function copy() {
    try {
      await copyText(typeof text === 'string' ? text : await text());
      setOutcome('copied');
    } catch {
      setOutcome('failed');
    }
  }

  return (
    <>
      <Button small={small} icon={outcome === 'copied' ? 'check' : 'copy'} onClick={copy}>
        {label}
      </Button>
      <span role="status" className={outcome === 'failed' ? undefined : 'visually-hidden'}>
        {outcome === 'copied' && `Copied the ${what}.`}
        {outcome === 'failed' && `The ${what} could not be copied.`}
      </span>
    </>
  );
}

/** Over plain HTTP browsers give no clipboard, so a selected text field is the second way. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'visually-hidden';
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!copied) throw new Error('the browser refused to copy');
}
