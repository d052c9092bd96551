import { useState } from 'react';
import { IconButton } from '../../ui/Button';
import styles from './DisplaySettings.module.css';

export const NO_FILTER = 'none';

const SETTINGS = [
  { name: 'Brightness', property: 'brightness' },
  { name: 'Contrast', property: 'contrast' },
  { name: 'Saturation', property: 'saturate' },
] as const;

type Values = Record<(typeof SETTINGS)[number]['property'], number>;

const PLAIN: Values = { brightness: 100, contrast: 100, saturate: 100 };

/** Brightness, contrast and saturation of the picture on the screen. They change no answer. */
export function DisplaySettings({
  filter,
  onFilter,
}: {
  filter: string;
  onFilter: (filter: string) => void;
}) {
  const [open, setOpen] = useState(false);
  const [values, setValues] = useState(PLAIN);

  function show(next: Values) {
    setValues(next);
    const changed = SETTINGS.filter(({ property }) => next[property] !== 100);
    onFilter(
      changed.length === 0
        ? NO_FILTER
        : changed.map(({ property }) => `${property}(${next[property]}%)`).join(' '),
    );
  }

  return (
    <>
      <IconButton icon="sun" name="Picture display" aria-expanded={open} onClick={() => setOpen(!open)} />
      {open && (
        <div className={styles.panel}>
          {SETTINGS.map(({ name, property }) => (
            <label key={property} className={styles.row}>
              {name}
              <input
                type="range"
                min={20}
                max={250}
                value={values[property]}
                onChange={(event) => show({ ...values, [property]: event.target.valueAsNumber })}
              />
            </label>
          ))}
          {filter !== NO_FILTER && (
            <button type="button" onClick={() => show(PLAIN)}>
              As it is
            </button>
          )}
        </div>
      )}
    </>
  );
}
