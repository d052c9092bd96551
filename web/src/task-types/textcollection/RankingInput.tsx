import { Button } from '../../ui/Button';
import type { AnswerInputProps } from './AnswerInput';
import styles from './AnswerInput.module.css';
import { type ChoiceValue, type Field, leafChoices } from './fields';

type RankingField = Extract<Field, { type: 'ranking' }>;

/** Options to be put in order by buttons. Until one is moved or the order is kept, there is no answer. */
export function RankingInput({ field, path, answer, change }: AnswerInputProps<RankingField>) {
  const options = leafChoices(field.options);
  const order: ChoiceValue[] = Array.isArray(answer) ? answer : options.map((option) => option.value);
  const labelOf = (value: ChoiceValue) =>
    options.find((option) => option.value === value)?.label ?? String(value);

  function moveBy(index: number, step: 1 | -1) {
    const value = order[index];
    if (value !== undefined) change(order.toSpliced(index, 1).toSpliced(index + step, 0, value));
  }

  return (
    <div data-problem-path={path}>
      <ol>
        {order.map((value, index) => (
          <li key={String(value)}>
            <span className={styles.rank}>
              <span>{labelOf(value)}</span>
              <Button
                small
                aria-label={`Move ${labelOf(value)} up`}
                refused={index === 0 && 'It is the first already.'}
                onClick={() => moveBy(index, -1)}
              >
                Up
              </Button>
              <Button
                small
                aria-label={`Move ${labelOf(value)} down`}
                refused={index === order.length - 1 && 'It is the last already.'}
                onClick={() => moveBy(index, 1)}
              >
                Down
              </Button>
            </span>
          </li>
        ))}
      </ol>
      {!Array.isArray(answer) && (
        <Button small onClick={() => change(order)}>
          Keep this order
        </Button>
      )}
    </div>
  );
}
