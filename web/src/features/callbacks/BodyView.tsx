import { useState } from 'react';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import styles from './BodyView.module.css';

interface BodyViewProps {
  /** What it is, for the message after copying and for screen readers: "request body". */
  name: string;
  text: string;
}

/** A body, laid out where it is JSON, or byte for byte. What is copied is always the body itself: signatures are of it. */
export function BodyView({ name, text }: BodyViewProps) {
  const [raw, setRaw] = useState(false);
  const laidOut = layOut(text);
  return (
    <div className={styles.view}>
      <div className={styles.bar}>
        {laidOut !== null && (
          <Button small aria-pressed={raw} onClick={() => setRaw(!raw)}>
            As it was sent
          </Button>
        )}
        <CopyButton text={text} what={name} small />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keys */}
      <section className={styles.body} aria-label={name} tabIndex={0}>
        <pre className={styles.text}>{raw || laidOut === null ? text : laidOut}</pre>
      </section>
    </div>
  );
}

function layOut(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}
