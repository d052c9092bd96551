import { type FormEvent, useId } from 'react';
import { Button } from '../../ui/Button';
import styles from './CallbackFilters.module.css';
import {
  type CallbackFilter,
  EVENTS,
  FILTER_NAMES,
  isFiltered,
  localMoment,
  momentOf,
  STATE_WORDS,
} from './filter';

const TEXTS = [
  { name: 'target', label: 'Target' },
  { name: 'project', label: 'Project' },
  { name: 'task', label: 'Task' },
] as const;

const MOMENTS = [
  { name: 'since', label: 'Since' },
  { name: 'until', label: 'Until' },
] as const;

interface CallbackFiltersProps {
  filter: CallbackFilter;
  onFilter: (filter: CallbackFilter) => void;
}

/** The filters of the list. They take effect together, and the address keeps them. */
export function CallbackFilters({ filter, onFilter }: CallbackFiltersProps) {
  const id = useId();

  function apply(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const next: CallbackFilter = {};
    for (const name of FILTER_NAMES) {
      const text = String(values.get(name) ?? '').trim();
      const value = name === 'since' || name === 'until' ? chosenMoment(filter[name], text) : text;
      if (value) next[name] = value;
    }
    onFilter(next);
  }

  return (
    <form aria-label="Filter callbacks" className={styles.filters} onSubmit={apply}>
      <div>
        <label htmlFor={`${id}-state`}>State</label>
        <select
          key={filter.state}
          id={`${id}-state`}
          name="state"
          defaultValue={filter.state ?? ''}
          onChange={(event) => event.currentTarget.form?.requestSubmit()}
        >
          <option value="">Any</option>
          <option value="problem">Problems</option>
          {Object.entries(STATE_WORDS).map(([state, word]) => (
            <option key={state} value={state}>
              {word}
            </option>
          ))}
        </select>
      </div>
      <div>
        <label htmlFor={`${id}-event`}>Event</label>
        <select
          key={filter.event}
          id={`${id}-event`}
          name="event"
          defaultValue={filter.event ?? ''}
          onChange={(event) => event.currentTarget.form?.requestSubmit()}
        >
          <option value="">Any</option>
          {EVENTS.map((event) => (
            <option key={event} value={event}>
              {event}
            </option>
          ))}
        </select>
      </div>
      {TEXTS.map(({ name, label }) => (
        <div key={name}>
          <label htmlFor={`${id}-${name}`}>{label}</label>
          <input
            key={filter[name]}
            id={`${id}-${name}`}
            name={name}
            type="text"
            autoComplete="off"
            spellCheck={false}
            defaultValue={filter[name]}
          />
        </div>
      ))}
      {MOMENTS.map(({ name, label }) => (
        <div key={name}>
          <label htmlFor={`${id}-${name}`}>{label}</label>
          <input
            key={filter[name]}
            id={`${id}-${name}`}
            name={name}
            type="datetime-local"
            defaultValue={localMoment(filter[name])}
          />
        </div>
      ))}
      <div className={styles.buttons}>
        <Button type="submit">Filter</Button>
        {isFiltered(filter) && (
          <Button look="plain" onClick={() => onFilter({})}>
            Clear
          </Button>
        )}
      </div>
    </form>
  );
}

/** The field shows whole minutes: as long as it shows the same, the moment in the address stays as it is. */
function chosenMoment(before: string | undefined, local: string): string | undefined {
  return local === localMoment(before) ? before : momentOf(local);
}
