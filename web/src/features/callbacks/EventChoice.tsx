import { useId } from 'react';
import styles from './dialogs.module.css';
import { EVENTS } from './filter';

interface EventChoiceProps {
  value: string;
  onChange: (event: string) => void;
}

/** Which event a test callback tells. */
export function EventChoice({ value, onChange }: EventChoiceProps) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className={styles.label}>
        Event
      </label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {EVENTS.map((event) => (
          <option key={event} value={event}>
            {event}
          </option>
        ))}
      </select>
    </div>
  );
}
