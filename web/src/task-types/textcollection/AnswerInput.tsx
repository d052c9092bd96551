import styles from './AnswerInput.module.css';
import { ChoiceInput } from './ChoiceInput';
import { type Answer, type ChoiceValue, type Field, leafChoices, type TimeRange } from './fields';
import { RankingInput } from './RankingInput';

export interface AnswerInputProps<F extends Field = Field> {
  id: string;
  field: F;
  /** The accessible name where no label points here. */
  name: string;
  path: string;
  answer: Answer;
  describedBy: string;
  wrong: boolean;
  change: (answer: Answer) => void;
}

/** The control for one answer, by the field's type. */
export function AnswerInput(props: AnswerInputProps) {
  const { id, field, name, path, answer, wrong, change } = props;
  const common = {
    id,
    'aria-label': name,
    'aria-describedby': props.describedBy || undefined,
    'aria-invalid': wrong,
    'data-problem-path': path,
  };
  switch (field.type) {
    case 'text': {
      const text = typeof answer === 'string' ? answer : '';
      return (
        <div>
          <textarea
            {...common}
            dir="auto"
            rows={Math.min(8, Math.max(1, text.split('\n').length))}
            value={text}
            onChange={(event) => change(event.target.value)}
          />
          {field.max_characters !== undefined && (
            <p className={styles.counter}>
              {[...text].length} of {field.max_characters} characters
            </p>
          )}
        </div>
      );
    }
    case 'number':
      return (
        <div className={styles.number}>
          {field.prefix && <span>{field.prefix}</span>}
          {field.use_slider && field.min !== undefined && field.max !== undefined && (
            <input
              type="range"
              aria-label={`${name}, slider`}
              min={field.min}
              max={field.max}
              value={typeof answer === 'number' ? answer : field.min}
              onChange={(event) => change(event.target.valueAsNumber)}
            />
          )}
          <input
            {...common}
            type="number"
            step="any"
            min={field.min}
            max={field.max}
            value={typeof answer === 'number' ? answer : ''}
            onChange={(event) =>
              change(Number.isFinite(event.target.valueAsNumber) ? event.target.valueAsNumber : null)
            }
          />
          {field.suffix && <span>{field.suffix}</span>}
        </div>
      );
    case 'datetime':
      return (
        <input
          {...common}
          type="datetime-local"
          step={1}
          value={typeof answer === 'string' ? answer.slice(0, 19) : ''}
          onChange={(event) => change(event.target.value)}
        />
      );
    case 'boolean':
      return (
        <div className={styles.choices}>
          {[true, false].map((value) => (
            <label key={String(value)} className={styles.choice}>
              <input
                type="radio"
                name={id}
                data-problem-path={value ? path : undefined}
                checked={answer === value}
                onChange={() => change(value)}
              />
              {value ? 'Yes' : 'No'}
            </label>
          ))}
          {!field.required && answer !== null && (
            <button type="button" className={styles.clear} onClick={() => change(null)}>
              Clear
            </button>
          )}
        </div>
      );
    case 'category':
      return <ChoiceInput {...props} field={field} />;
    case 'select': {
      if ((field.max_choices ?? 1) > 1) return <ChoiceInput {...props} field={field} />;
      const chosen = Array.isArray(answer) ? answer[0] : undefined;
      const leaves = leafChoices(field.choices);
      return (
        <select
          {...common}
          value={leaves.findIndex(({ value }) => value === chosen)}
          onChange={(event) => {
            const picked: ChoiceValue | undefined = leaves[Number(event.target.value)]?.value;
            change(picked === undefined ? null : [picked]);
          }}
        >
          <option value={-1}>Choose…</option>
          {leaves.map(({ label }, index) => (
            <option key={label} value={index}>
              {label}
            </option>
          ))}
        </select>
      );
    }
    case 'time_range': {
      const range: TimeRange =
        typeof answer === 'object' && answer !== null && 'start' in answer
          ? (answer as TimeRange)
          : { start: null, end: null };
      return (
        <div className={styles.number}>
          {(['start', 'end'] as const).map((part) => (
            <label key={part} className={styles.choice}>
              {part === 'start' ? 'From' : 'to'}
              <input
                type="number"
                min={0}
                step="any"
                aria-label={`${name}, ${part} in seconds`}
                data-problem-path={part === 'start' ? path : undefined}
                value={range[part] ?? ''}
                onChange={(event) => {
                  const number = event.target.valueAsNumber;
                  change({ ...range, [part]: Number.isFinite(number) ? number : null });
                }}
              />
            </label>
          ))}
          seconds
        </div>
      );
    }
    case 'ranking':
      return <RankingInput {...props} field={field} />;
    case 'field_set':
    case 'form':
      // Groups are shown as levels of their own.
      return null;
  }
}
