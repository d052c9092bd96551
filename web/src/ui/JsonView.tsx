import { useState } from 'react';
import { Button } from './Button';
import { CopyButton } from './CopyButton';
import styles from './JsonView.module.css';

const LONG_STRING = 160;
/** Branches with more entries start folded. */
const OPEN_ENTRIES_MAX = 24;

/** JSON as a tree that folds, or as raw text; both can be copied. */
export function JsonView({ value, name }: { value: unknown; name: string }) {
  const [raw, setRaw] = useState(false);
  const text = JSON.stringify(value, null, 2) ?? 'null';
  return (
    <div className={styles.view}>
      <div className={styles.bar}>
        <Button small aria-pressed={raw} onClick={() => setRaw(!raw)}>
          {raw ? 'As tree' : 'As text'}
        </Button>
        <CopyButton text={text} what={name} small />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keys */}
      <section className={styles.body} aria-label={name} tabIndex={0}>
        {raw ? <pre className={styles.raw}>{text}</pre> : <Node value={value} depth={0} />}
      </section>
    </div>
  );
}

function Node({ name, value, depth }: { name?: string; value: unknown; depth: number }) {
  if (value === null || typeof value !== 'object') {
    return (
      <div className={styles.leaf}>
        {name !== undefined && <span className={styles.key}>{name}: </span>}
        <Leaf value={value} />
      </div>
    );
  }
  const entries = Object.entries(value);
  const brackets = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) {
    return (
      <div className={styles.leaf}>
        {name !== undefined && <span className={styles.key}>{name}: </span>}
        {brackets.join('')}
      </div>
    );
  }
  return (
    <details open={depth < 3 && entries.length <= OPEN_ENTRIES_MAX} className={styles.branch}>
      <summary>
        {name !== undefined && <span className={styles.key}>{name}: </span>}
        <span className={styles.size}>
          {brackets[0]} {entries.length} {brackets[1]}
        </span>
      </summary>
      {entries.map(([key, child]) => (
        <Node key={key} name={key} value={child} depth={depth + 1} />
      ))}
    </details>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value !== 'string') return <span className={styles.literal}>{String(value)}</span>;
  if (value.length <= LONG_STRING) return <span className={styles.string}>"{value}"</span>;
  return (
    <details className={styles.long}>
      <summary className={styles.string}>"{value.slice(0, LONG_STRING)}…"</summary>
      <span className={styles.string}>"{value}"</span>
    </details>
  );
}
