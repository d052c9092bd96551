import type { ReactNode } from 'react';
import type { Key, Mode } from '../../api/types';
import { Button } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { KeyCard } from './KeyCard';
import type { KeyDialog } from './KeyDialogs';
import { isEnded, MODE_WORDS } from './key-words';
import styles from './ModeCard.module.css';

interface ModeCardProps {
  mode: Mode;
  /** Keys of both modes. */
  keys: Key[];
  kind: 'api' | 'callback';
  onOpen: (dialog: KeyDialog) => void;
  onDone: (text: string) => void;
  /** What else belongs to the mode, below its keys. */
  children?: ReactNode;
}

/** The keys of one mode that work. The word, the sign and the edge tell test from live. */
export function ModeCard({ mode, keys: all, kind, onOpen, onDone, children }: ModeCardProps) {
  const keys = all.filter((key) => key.environment === mode && !isEnded(key));
  const word = MODE_WORDS[mode];
  const one = kind === 'api' ? `${word} API key` : `${word} Callback Auth Key`;
  const headed = kind === 'api' ? `${word} API keys` : one;
  // What replaces a key stands above it, else the first made comes first.
  const sorted = keys.toSorted(
    (a, b) =>
      Number(a.replaced_by !== null) - Number(b.replaced_by !== null) ||
      a.created_at.localeCompare(b.created_at),
  );
  const madeAt = (keyId: string | null) => all.find((key) => key.key_id === keyId)?.created_at ?? null;
  return (
    <div className={`${styles.card} ${styles[mode]}`}>
      <div className={styles.head}>
        <h3 className={styles.title}>
          <Icon name={mode === 'live' ? 'bolt' : 'flask'} /> {headed}
        </h3>
        {kind === 'api' && mode === 'test' && keys.length > 0 && (
          <Button small onClick={() => onOpen({ what: 'revoke-all' })}>
            Revoke all test keys
          </Button>
        )}
      </div>
      {sorted.map((key, index) => (
        <KeyCard
          key={key.key_id}
          title={index === 0 ? one : `${one} ${key.name} ${key.hint}`}
          kind={kind}
          apiKey={key}
          rolledAt={madeAt(key.replaced_by)}
          onOpen={onOpen}
          onDone={onDone}
        />
      ))}
      {keys.length === 0 && (
        <p className={styles.none}>
          No key of {mode} mode works. Every {mode} request is refused until one is made.
        </p>
      )}
      {children}
    </div>
  );
}
