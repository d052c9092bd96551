/** What a page shows when it has nothing to show: four states, the same on every page. */
import { type ReactNode, useEffect, useState } from 'react';
import { Button } from './Button';
import { CopyButton } from './CopyButton';
import { Icon } from './Icon';
import styles from './states.module.css';

/** Grey rows, after 150 ms: a fast answer shows no flicker. */
export function LoadingState({ what, rows = 6 }: { what: string; rows?: number }) {
  const [shown, setShown] = useState(false);
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const show = window.setTimeout(() => setShown(true), 150);
    const tell = window.setTimeout(() => setSlow(true), 8000);
    return () => {
      window.clearTimeout(show);
      window.clearTimeout(tell);
    };
  }, []);
  return (
    <div role="status" className={styles.loading}>
      <span className="visually-hidden">Loading {what}…</span>
      {shown &&
        Array.from({ length: rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike and never move
          <div key={row} className={styles.skeleton} />
        ))}
      {slow && <p className={styles.slow}>Still loading {what}. The server is slow to answer.</p>}
    </div>
  );
}

export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.block}>
      <p className={styles.title}>{title}</p>
      {children}
    </div>
  );
}

interface ErrorStateProps {
  /** What could not be done: "The tasks could not be loaded." */
  what: string;
  reason: string;
  requestId?: string | null;
  onTryAgain?: () => void;
}

export function ErrorState({ what, reason, requestId, onTryAgain }: ErrorStateProps) {
  return (
    <div role="alert" className={`${styles.block} ${styles.error}`}>
      <p className={styles.title}>
        <Icon name="warning" /> {what}
      </p>
      <p>{reason}</p>
      {requestId && (
        <p className={styles.reference}>
          Reference <code>{requestId}</code> <CopyButton text={requestId} what="reference" small />
        </p>
      )}
      {onTryAgain && (
        <p>
          <Button onClick={onTryAgain}>Try again</Button>
        </p>
      )}
    </div>
  );
}

export function NoPermissionState({ children }: { children: ReactNode }) {
  return (
    <div className={styles.block}>
      <p className={styles.title}>
        <Icon name="lock" /> Not for your role
      </p>
      {children}
    </div>
  );
}
