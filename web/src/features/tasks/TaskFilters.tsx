import { type FormEvent, useId } from 'react';
import type { TaskFilter } from '../../api/queries';
import type { TaskStatus } from '../../api/types';
import { Button } from '../../ui/Button';
import { STATUS_WORDS } from './StatusBadge';
import styles from './TaskFilters.module.css';

type FilterName = Exclude<keyof TaskFilter, 'next_token'>;

const FIELDS: { name: Exclude<FilterName, 'status'>; label: string }[] = [
  { name: 'project', label: 'Project' },
  { name: 'batch', label: 'Batch' },
  { name: 'type', label: 'Type' },
  { name: 'unique_id', label: 'Unique id' },
  { name: 'tags', label: 'Tag' },
];

interface TaskFiltersProps {
  filter: TaskFilter;
  /** Filters that the page itself sets. */
  hide?: FilterName[];
  onFilter: (filter: TaskFilter) => void;
}

/** The filters of a task list. They take effect together, and the address keeps them. */
export function TaskFilters({ filter, hide = [], onFilter }: TaskFiltersProps) {
  const id = useId();

  function apply(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const next: TaskFilter = {};
    for (const name of ['status', ...FIELDS.map((field) => field.name)] as FilterName[]) {
      const value = hide.includes(name) ? filter[name] : String(values.get(name) ?? '').trim();
      if (value) next[name] = value;
    }
    onFilter(next);
  }

  const set = FIELDS.some(({ name }) => filter[name] && !hide.includes(name)) || filter.status !== undefined;

  return (
    <form aria-label="Filter tasks" className={styles.filters} onSubmit={apply}>
      <div>
        <label htmlFor={`${id}-status`}>Status</label>
        <select
          key={filter.status}
          id={`${id}-status`}
          name="status"
          defaultValue={filter.status ?? ''}
          onChange={(event) => event.currentTarget.form?.requestSubmit()}
        >
          <option value="">Any</option>
          {(Object.keys(STATUS_WORDS) as TaskStatus[]).map((status) => (
            <option key={status} value={status}>
              {STATUS_WORDS[status]}
            </option>
          ))}
        </select>
      </div>
      {FIELDS.filter(({ name }) => !hide.includes(name)).map(({ name, label }) => (
        <div key={name}>
          <label htmlFor={`${id}-${name}`}>{label}</label>
          <input
            key={filter[name]}
            id={`${id}-${name}`}
            name={name}
            type="text"
            defaultValue={filter[name]}
          />
        </div>
      ))}
      <div className={styles.buttons}>
        <Button type="submit">Filter</Button>
        {set && (
          <Button
            look="plain"
            onClick={() => onFilter(Object.fromEntries(hide.map((name) => [name, filter[name]])))}
          >
            Clear
          </Button>
        )}
      </div>
    </form>
  );
}
