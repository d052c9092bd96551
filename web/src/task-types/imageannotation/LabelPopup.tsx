import { useEffect, useRef } from 'react';
import type { Point } from '../../canvas/geometry/point';
import type { LabelNode } from '../labels';
import styles from './LabelPopup.module.css';

interface LabelPopupProps {
  labels: LabelNode[];
  /** Place on the stage. */
  at: Point;
  colourOf: (label: string | null) => string;
  onChoose: (label: string) => void;
  onClose: () => void;
}

/** Opens at an object that was drawn before a label was chosen. */
export function LabelPopup({ labels, at, colourOf, onChoose, onClose }: LabelPopupProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector('button')?.focus();
  }, []);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset holds form fields, these are commands
    <div
      ref={box}
      role="group"
      aria-label="Choose a label"
      className={styles.popup}
      style={{
        left: `clamp(0px, ${Math.round(at.x + 8)}px, calc(100% - 200px))`,
        top: `clamp(0px, ${Math.round(at.y)}px, calc(100% - 180px))`,
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onClose();
        }
      }}
    >
      {labels.map((label, index) => (
        <button
          key={label.choice}
          type="button"
          className={styles.label}
          onClick={() => onChoose(label.choice)}
        >
          <svg width="12" height="12" aria-hidden="true">
            <rect width="12" height="12" rx="2" fill={colourOf(label.choice)} />
          </svg>
          {label.display}
          {index < 10 && (
            <span aria-hidden="true" className={styles.key}>
              {(index + 1) % 10}
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
