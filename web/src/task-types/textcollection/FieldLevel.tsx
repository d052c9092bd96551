import { useId } from 'react';
import { Button } from '../../ui/Button';
import { Markdown } from '../../ui/Markdown';
import { emphasise } from '../../workspace/emphasise';
import type { Problem } from '../definition';
import { AnswerInput } from './AnswerInput';
import { type Scope, shownFields } from './conditions';
import styles from './FieldLevel.module.css';
import { type Answer, type Answers, answersMax, type Field, isGroup } from './fields';

interface FieldLevelProps {
  path: string;
  scope: Scope;
  problems: Problem[];
  change: (answers: Answers, mergeKey: string) => void;
  inline?: boolean;
}

/** The fields of one level, in order; those whose condition does not hold are not there. */
export function FieldLevel({ path, scope, problems, change, inline = false }: FieldLevelProps) {
  return (
    <div className={inline ? styles.inline : styles.level}>
      {shownFields(scope).map((field) => (
        <OneField
          key={field.field_id}
          field={field}
          path={`${path}.${field.field_id}`}
          scope={scope}
          problems={problems}
          change={(answers, mergeKey) => change({ ...scope.answers, [field.field_id]: answers }, mergeKey)}
        />
      ))}
    </div>
  );
}

interface OneFieldProps {
  field: Field;
  path: string;
  scope: Scope;
  problems: Problem[];
  change: (answers: Answer[], mergeKey: string) => void;
}

function OneField({ field, path, scope, problems, change }: OneFieldProps) {
  const id = useId();
  const most = answersMax(field);
  const stored = scope.answers[field.field_id] ?? [];
  // There is always one place to answer in, and as many as are asked for at least.
  const least = Math.min(most, Math.max(1, field.required ? (field.min_responses_required ?? 1) : 1));
  const answers: Answer[] = [...stored, ...Array<null>(Math.max(0, least - stored.length)).fill(null)];
  const own = problems.filter((problem) => problem.path === path || problem.path.startsWith(`${path}[`));
  const describedBy = [
    (field.description || field.hint) && `${id}-hint`,
    own.length > 0 && !isGroup(field) && `${id}-problem`,
  ]
    .filter(Boolean)
    .join(' ');

  function setAnswer(index: number, answer: Answer) {
    change(
      answers.map((old, i) => (i === index ? answer : old)),
      `${path}[${index}]`,
    );
  }

  const inputs = answers.map((answer, index) => {
    const at = most > 1 ? `${path}[${index}]` : path;
    const name = most > 1 ? `${field.title}, answer ${index + 1}` : field.title;
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: an answer is known by its place only
      <div key={index} className={most > 1 ? styles.answer : undefined}>
        {isGroup(field) ? (
          <FieldLevel
            path={at}
            inline={field.type === 'field_set' && field.inline === true}
            scope={{ fields: field.fields, answers: (answer ?? {}) as Answers, outer: scope }}
            problems={problems}
            change={(inner, mergeKey) =>
              change(
                answers.map((old, i) => (i === index ? inner : old)),
                mergeKey,
              )
            }
          />
        ) : (
          <AnswerInput
            id={index === 0 ? id : `${id}-${index}`}
            field={field}
            name={name}
            path={at}
            answer={answer}
            describedBy={describedBy}
            wrong={own.length > 0}
            change={(next) => setAnswer(index, next)}
          />
        )}
        {most > 1 && answers.length > least && (
          <Button
            small
            aria-label={`Remove ${name}`}
            onClick={() => change(answers.toSpliced(index, 1), `${path} remove`)}
          >
            Remove
          </Button>
        )}
      </div>
    );
  });

  const isLabelled =
    ['text', 'number', 'datetime', 'select'].includes(field.type) && !isMultipleSelect(field);
  const heading = (
    <>
      {field.title}
      {field.required && <span className={styles.required}> (required)</span>}
    </>
  );
  const rest = (
    <>
      {(field.description || field.hint) && (
        <div id={`${id}-hint`} className={styles.hint}>
          <Markdown text={field.description ?? field.hint ?? ''} />
        </div>
      )}
      {inputs}
      {answers.length < most && (
        <Button small onClick={() => change([...answers, null], `${path} add`)}>
          Add another
        </Button>
      )}
      {own.length > 0 && !isGroup(field) && (
        <p id={`${id}-problem`} className={styles.problem}>
          {own.map((problem) => (
            <span key={problem.message}>{emphasise(problem.message)} </span>
          ))}
        </p>
      )}
    </>
  );

  return isLabelled ? (
    <div className={styles.field} data-problem-path={path}>
      <label htmlFor={id} className={styles.title}>
        {heading}
      </label>
      {rest}
    </div>
  ) : (
    <fieldset className={isGroup(field) ? styles.group : styles.field} data-problem-path={path}>
      <legend className={styles.title}>{heading}</legend>
      {rest}
    </fieldset>
  );
}

export function isMultipleSelect(field: Field): boolean {
  return field.type === 'select' && (field.max_choices ?? 1) > 1;
}
