import { useId } from 'react';
import { emphasise } from '../../workspace/emphasise';
import type { Problem } from '../definition';
import styles from './KeyedFieldInput.module.css';
import type { KeyedField, KeyedValue, KeyedValues } from './keyed-fields';

interface KeyedFieldListProps {
  fields: KeyedField[];
  values: KeyedValues;
  path: string;
  problems: Problem[];
  readOnly: boolean;
  change: (id: string, value: KeyedValue | undefined) => void;
}

/** Fields below each other, each with its label, hint and error. */
export function KeyedFieldList({ fields, values, path, problems, readOnly, change }: KeyedFieldListProps) {
  return (
    <fieldset disabled={readOnly} className={styles.fields} aria-label="Fields">
      {fields.map((field) => (
        <LabelledField
          key={field.id}
          field={field}
          path={`${path}.${field.id}`}
          value={values[field.id]}
          problem={problems.find((problem) => problem.path === `${path}.${field.id}`)}
          change={(value) => change(field.id, value)}
        />
      ))}
    </fieldset>
  );
}

interface LabelledFieldProps {
  field: KeyedField;
  path: string;
  value: KeyedValue | undefined;
  problem: Problem | undefined;
  change: (value: KeyedValue | undefined) => void;
}

function LabelledField({ field, path, value, problem, change }: LabelledFieldProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.title}>
        {field.title}
        {field.required && <span className={styles.muted}> (required)</span>}
      </label>
      {field.description && (
        <p id={`${id}-hint`} className={styles.muted}>
          {field.description}
        </p>
      )}
      <KeyedFieldInput
        id={id}
        field={field}
        path={path}
        value={value}
        describedBy={[field.description && `${id}-hint`, problem && `${id}-problem`]
          .filter(Boolean)
          .join(' ')}
        wrong={problem !== undefined}
        change={change}
      />
      {problem && (
        <p id={`${id}-problem`} className={styles.problem}>
          {emphasise(problem.message)}
        </p>
      )}
    </div>
  );
}

interface KeyedFieldInputProps {
  id?: string;
  /** The accessible name where no label points here, as in a table. */
  name?: string;
  field: KeyedField;
  path: string;
  value: KeyedValue | undefined;
  describedBy?: string;
  wrong: boolean;
  change: (value: KeyedValue | undefined) => void;
}

export function KeyedFieldInput(props: KeyedFieldInputProps) {
  const { id, name, field, path, value, describedBy, wrong, change } = props;
  const common = {
    id,
    'aria-label': name,
    'aria-describedby': describedBy || undefined,
    'aria-invalid': wrong,
    'data-problem-path': path,
  };
  switch (field.kind) {
    case 'text':
      return (
        <input
          {...common}
          type="text"
          dir="auto"
          value={value === undefined ? '' : String(value)}
          onChange={(event) => change(event.target.value)}
        />
      );
    case 'number':
      return (
        <input
          {...common}
          type="number"
          step="any"
          value={typeof value === 'number' ? value : ''}
          onChange={(event) =>
            change(Number.isFinite(event.target.valueAsNumber) ? event.target.valueAsNumber : undefined)
          }
        />
      );
    case 'boolean':
      return (
        <select
          {...common}
          value={value === undefined ? '' : String(value)}
          onChange={(event) => change(event.target.value === '' ? undefined : event.target.value === 'true')}
        >
          <option value="">Choose…</option>
          <option value="true">Yes</option>
          <option value="false">No</option>
        </select>
      );
    case 'category':
      return (
        <select
          {...common}
          value={value === undefined ? '' : String(value)}
          onChange={(event) => change(event.target.value === '' ? undefined : event.target.value)}
        >
          <option value="">Choose…</option>
          {field.choices.map(({ choice, display }) => (
            <option key={choice} value={choice}>
              {display}
            </option>
          ))}
        </select>
      );
  }
}
