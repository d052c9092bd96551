import { useId, useState } from 'react';
import type { LabelNode } from '../labels';
import styles from './LabelList.module.css';

const FILTER_FROM = 12;

interface LabelListProps {
  labels: LabelNode[];
  chosen: string | null;
  readOnly: boolean;
  colourOf: (label: string | null) => string;
  onChoose: (label: string) => void;
}

/** The labels, one of which new objects take; with an object selected, its label. */
export function LabelList({ labels, chosen, readOnly, colourOf, onChoose }: LabelListProps) {
  const [filter, setFilter] = useState('');
  const id = useId();
  const wanted = filter.trim().toLocaleLowerCase();
  const shown = labels.filter(({ display }) => display.toLocaleLowerCase().includes(wanted));
  return (
    <div className={styles.labels}>
      {labels.length >= FILTER_FROM && (
        <div className={styles.filter}>
          <label htmlFor={id}>Find a label</label>
          <input
            id={id}
            type="search"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
            data-label-filter=""
          />
        </div>
      )}
      <div role="radiogroup" aria-label="Label" data-problem-path="label" className={styles.list}>
        {shown.map((label) => {
          const index = labels.indexOf(label);
          const key = index < 10 ? String((index + 1) % 10) : undefined;
          return (
            <div key={label.choice} className={styles.row}>
              <label className={styles.label}>
                <input
                  type="radio"
                  name={id}
                  checked={chosen === label.choice}
                  disabled={readOnly}
                  aria-keyshortcuts={key}
                  onChange={() => onChoose(label.choice)}
                />
                <svg width="12" height="12" aria-hidden="true" className={styles.swatch}>
                  <rect width="12" height="12" rx="2" fill={colourOf(label.choice)} />
                </svg>
                <span className={styles.name}>{label.display}</span>
              </label>
              {key && (
                <span aria-hidden="true" className={styles.key}>
                  {key}
                </span>
              )}
            </div>
          );
        })}
      </div>
      {shown.length === 0 && <p className={styles.none}>No label contains “{filter}”.</p>}
    </div>
  );
}
