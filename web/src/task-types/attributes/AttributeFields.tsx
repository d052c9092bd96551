import { useId } from 'react';
import styles from './AttributeFields.module.css';
import type { AttributeDefinition, AttributeValue, AttributeValues } from './attributes';

export interface LinkTarget {
  uuid: string;
  label: string | null;
  /** As the list of objects calls it. */
  name: string;
}

interface AttributeFieldsProps {
  legend: string;
  /** Path of the values in the response, for errors: "annotations[2].attributes". */
  path: string;
  asked: AttributeDefinition[];
  values: AttributeValues;
  /** What a linked attribute may point to. */
  linkable: LinkTarget[];
  readOnly: boolean;
  change: (values: AttributeValues, mergeKey: string) => void;
}

/** The attributes of the selected object, or of the scene, as far as their conditions hold. */
export function AttributeFields({
  legend,
  path,
  asked,
  values,
  linkable,
  readOnly,
  change,
}: AttributeFieldsProps) {
  if (asked.length === 0) return null;

  function set(key: string, value: AttributeValue | undefined) {
    const next = { ...values };
    if (value === undefined || value === '') delete next[key];
    else next[key] = value;
    change(next, `${path}.${key}`);
  }

  return (
    <fieldset className={styles.fields} disabled={readOnly}>
      <legend className={styles.legend}>{legend}</legend>
      {asked.map((definition) => (
        <AttributeField
          key={definition.key}
          path={`${path}.${definition.key}`}
          definition={definition}
          value={values[definition.key]}
          linkable={linkable}
          set={(value) => set(definition.key, value)}
        />
      ))}
    </fieldset>
  );
}

interface AttributeFieldProps {
  path: string;
  definition: AttributeDefinition;
  value: AttributeValue | undefined;
  linkable: AttributeFieldsProps['linkable'];
  set: (value: AttributeValue | undefined) => void;
}

function AttributeField({ path, definition, value, linkable, set }: AttributeFieldProps) {
  const id = useId();
  const name = `${definition.description}${definition.required ? ' (required)' : ''}`;
  switch (definition.kind) {
    case 'category': {
      const chosen = [value ?? []].flat().map(String);
      return (
        <fieldset className={styles.field} data-problem-path={path}>
          <legend>{name}</legend>
          {definition.choices.map(({ choice, display }) => (
            <label key={choice} className={styles.choice}>
              <input
                type={definition.allowMultiple ? 'checkbox' : 'radio'}
                name={id}
                checked={chosen.includes(choice)}
                onChange={() => {
                  if (!definition.allowMultiple) set(choice);
                  else {
                    const on = !chosen.includes(choice);
                    const next = definition.choices
                      .map((known) => known.choice)
                      .filter((known) => (known === choice ? on : chosen.includes(known)));
                    set(next.length === 0 ? undefined : next);
                  }
                }}
              />
              {display}
            </label>
          ))}
        </fieldset>
      );
    }
    case 'linked':
      return (
        <div className={styles.field}>
          <label htmlFor={id}>{name}</label>
          <select
            id={id}
            data-problem-path={path}
            value={typeof value === 'string' ? value : ''}
            onChange={(event) => set(event.target.value)}
          >
            <option value="">None</option>
            {linkable
              .filter(
                ({ label }) =>
                  definition.allowedLabels.length === 0 || definition.allowedLabels.includes(label ?? ''),
              )
              .map((target) => (
                <option key={target.uuid} value={target.uuid}>
                  {target.name}
                </option>
              ))}
          </select>
        </div>
      );
    case 'text':
      return (
        <div className={styles.field}>
          <label htmlFor={id}>{name}</label>
          <input
            id={id}
            data-problem-path={path}
            type="text"
            value={typeof value === 'string' ? value : ''}
            onChange={(event) => set(event.target.value)}
          />
        </div>
      );
    case 'number':
    case 'angle':
    case 'x':
    case 'y':
      return (
        <div className={styles.field}>
          <label htmlFor={id}>{definition.kind === 'angle' ? `${name}, degrees` : name}</label>
          <input
            id={id}
            data-problem-path={path}
            type="number"
            min={definition.kind === 'angle' ? 0 : (definition.min ?? undefined)}
            max={definition.kind === 'angle' ? 360 : (definition.max ?? undefined)}
            step={definition.kind === 'number' ? definition.step : 'any'}
            value={typeof value === 'number' ? value : ''}
            onChange={(event) => {
              const number = event.target.valueAsNumber;
              set(Number.isFinite(number) ? number : undefined);
            }}
          />
        </div>
      );
  }
}
