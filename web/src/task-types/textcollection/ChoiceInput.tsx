import type { AnswerInputProps } from './AnswerInput';
import styles from './AnswerInput.module.css';
import { type Choice, type ChoiceValue, type Field, leafChoices } from './fields';

type ChoiceField = Extract<Field, { choices: Choice[] }>;

/** Radios, or checkboxes where several may be picked; nested choices as a tree. */
export function ChoiceInput({ id, field, path, answer, change }: AnswerInputProps<ChoiceField>) {
  const picked: unknown[] = Array.isArray(answer) ? answer : [];
  const several = (field.max_choices ?? 1) > 1;
  const first = leafChoices(field.choices)[0]?.value;

  function pick(value: ChoiceValue) {
    if (!several) {
      change([value]);
      return;
    }
    const on = !picked.includes(value);
    change(
      leafChoices(field.choices)
        .map((choice) => choice.value)
        .filter((known) => (known === value ? on : picked.includes(known))),
    );
  }

  function renderChoices(choices: (Choice | string)[]) {
    return (
      <ul className={styles.list}>
        {choices.map((choice) => {
          const { label, hint, subchoices, value } =
            typeof choice === 'string' ? ({ label: choice, value: choice } as Choice) : choice;
          if (subchoices && subchoices.length > 0) {
            return (
              <li key={label}>
                <span className={styles.parent}>{label}</span>
                {renderChoices(subchoices)}
              </li>
            );
          }
          if (value === undefined) return null;
          return (
            <li key={label}>
              <label className={styles.choice} title={hint}>
                <input
                  type={several ? 'checkbox' : 'radio'}
                  name={id}
                  data-problem-path={value === first ? path : undefined}
                  checked={picked.includes(value)}
                  onChange={() => pick(value)}
                />
                {label}
              </label>
            </li>
          );
        })}
      </ul>
    );
  }

  return (
    <div>
      {renderChoices(field.choices)}
      {!field.required && !several && picked.length > 0 && (
        <button type="button" className={styles.clear} onClick={() => change(null)}>
          Clear
        </button>
      )}
    </div>
  );
}
