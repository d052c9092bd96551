import { useId, useState } from 'react';
import { Button } from '../ui/Button';
import { keyProblem } from './basic-auth';
import styles from './CallPanel.module.css';
import { CodeBlock } from './CodeBlock';
import { type CallValues, type ExampleCall, firstValues, type JsonObject } from './calls';
import { KeyField } from './KeyField';
import { LiveConfirmDialog } from './LiveConfirmDialog';
import { noteTask, useLastTaskId } from './last-task';
import { useReaderKey } from './reader-key';
import { setReaderLanguage, useReaderLanguage } from './reader-language';
import { KEY_PLACEHOLDER, LANGUAGES, type LanguageId, sample, sampleTitle } from './samples';
import { TriedAnswer } from './TriedAnswer';
import { agreeToCharges, hasAgreedToCharges, isLiveKey, type TriedCall, tryCall } from './try-it';

/** One example call: the code in each language, and the form that sends it. */
export function CallPanel({ call }: { call: ExampleCall }) {
  const origin = window.location.origin;
  const key = useReaderKey();
  const id = useId();
  const lastTaskId = useLastTaskId();
  const [entered, setValues] = useState(() => firstValues(call));
  const values = withLastTask(entered, lastTaskId);
  const [bodyText, setBodyText] = useState(() => JSON.stringify(call.body, null, 2));
  const [outcome, setOutcome] = useState<TriedCall | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [keyInvalid, setKeyInvalid] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const bodyProblem = call.body ? problemOfBody(bodyText) : null;

  function changeBody(text: string) {
    setBodyText(text);
    if (problemOfBody(text) === null) setValues({ ...values, body: JSON.parse(text) as JsonObject });
  }

  async function send() {
    setKeyInvalid(null);
    setFailure(null);
    const missing = Object.entries(values.pathParams).find(
      ([, value]) => value === '' || value.startsWith('{{'),
    );
    const wrongKey = keyProblem(key);
    if (wrongKey) return setKeyInvalid(wrongKey);
    if (missing) return setFailure(`Enter ${missing[0]} first: ${call.pathParams?.[missing[0]]?.about}.`);
    if (bodyProblem) return setFailure(bodyProblem);
    setBusy(true);
    try {
      if (call.charged && !hasAgreedToCharges(key) && (await isLiveKey(key, origin))) {
        setAsking(true);
        setBusy(false);
        return;
      }
      const tried = await tryCall(call, values, key, origin);
      noteTask(tried);
      setOutcome(tried);
    } catch (error) {
      setOutcome(null);
      setFailure(error instanceof Error ? error.message : 'The call could not be sent.');
    }
    setBusy(false);
  }

  return (
    <section className={styles.panel} aria-label={call.title} data-call={call.id}>
      <h3 className={styles.head}>
        <span className={styles.method}>{call.method}</span> <span className={styles.path}>{call.path}</span>
      </h3>
      <Sample call={call} values={values} apiKey={key} origin={origin} />
      <form
        className={styles.form}
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void send();
        }}
      >
        <KeyField invalid={keyInvalid} />
        {Object.entries(values.pathParams).map(([name, value]) => (
          <Field key={name} id={`${id}-${name}`} name={name} about={call.pathParams?.[name]?.about ?? ''}>
            <input
              id={`${id}-${name}`}
              type="text"
              spellCheck={false}
              value={value.startsWith('{{') ? '' : value}
              placeholder={call.pathParams?.[name]?.sample}
              onChange={(event) =>
                setValues({
                  ...values,
                  pathParams: {
                    ...values.pathParams,
                    [name]: event.target.value.trim(),
                  },
                })
              }
            />
          </Field>
        ))}
        {Object.entries(values.query).map(([name, value]) => (
          <Field key={name} id={`${id}-${name}`} name={name}>
            <input
              id={`${id}-${name}`}
              type="text"
              value={value}
              onChange={(event) =>
                setValues({ ...values, query: { ...values.query, [name]: event.target.value.trim() } })
              }
            />
          </Field>
        ))}
        {call.body && (
          <Field id={`${id}-body`} name="Body">
            <textarea
              id={`${id}-body`}
              className={styles.body}
              rows={Math.min(14, bodyText.split('\n').length)}
              spellCheck={false}
              value={bodyText}
              aria-invalid={bodyProblem ? true : undefined}
              aria-describedby={bodyProblem ? `${id}-body-problem` : undefined}
              onChange={(event) => changeBody(event.target.value)}
            />
            {bodyProblem && (
              <p id={`${id}-body-problem`} className={styles.problem}>
                {bodyProblem}
              </p>
            )}
          </Field>
        )}
        <div>
          <Button type="submit" look="primary" refused={busy && 'Waiting for the answer.'}>
            Try it!
          </Button>
        </div>
      </form>
      <div role="status" className={styles.outcome}>
        {outcome && <TriedAnswer tried={outcome} apiKey={outcomeKey(outcome)} />}
      </div>
      {failure && (
        <p role="alert" className={styles.problem}>
          {failure}
        </p>
      )}
      {asking && (
        <LiveConfirmDialog
          onClose={() => setAsking(false)}
          onConfirmed={() => {
            agreeToCharges(key);
            setAsking(false);
            void send();
          }}
        />
      )}
    </section>
  );
}

/** A task's id that the reader has not entered is that of the task made last, if there is one. */
function withLastTask(values: CallValues, lastTaskId: string | null): CallValues {
  if (lastTaskId === null || !values.pathParams.task_id?.startsWith('{{')) return values;
  return { ...values, pathParams: { ...values.pathParams, task_id: lastTaskId } };
}

/** The key that an answer's request carried: the field may have another one by now. */
function outcomeKey(tried: TriedCall): string {
  const header = tried.requestHeaders.find(([name]) => name === 'Authorization')?.[1] ?? '';
  return atob(header.replace('Basic ', '')).slice(0, -1);
}

function problemOfBody(text: string): string | null {
  try {
    const parsed: unknown = JSON.parse(text);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? null : 'The body must be a JSON object.';
  } catch (error) {
    return `The body is no JSON: ${error instanceof Error ? error.message : 'it cannot be read'}.`;
  }
}

interface SampleProps {
  call: ExampleCall;
  values: CallValues;
  apiKey: string;
  origin: string;
}

function Sample({ call, values, apiKey, origin }: SampleProps) {
  const language = useReaderLanguage();
  const id = useId();
  const context = { origin, key: apiKey === '' ? KEY_PLACEHOLDER : apiKey };
  const text = sample(language, call, values, context);
  const chosen = LANGUAGES.find((one) => one.id === language);
  return (
    <div className={styles.sample}>
      <div className={styles.language}>
        <label htmlFor={id}>Language</label>
        <select
          id={id}
          value={language}
          onChange={(event) => setReaderLanguage(event.target.value as LanguageId)}
        >
          {LANGUAGES.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </div>
      {text === null ? (
        <p className={styles.none}>
          The official Node client has no method for this call: send it by node-fetch.
        </p>
      ) : (
        <CodeBlock text={text} language={language} what="example" title={chosen && sampleTitle(chosen)} low />
      )}
    </div>
  );
}

interface FieldProps {
  id: string;
  name: string;
  about?: string;
  children: React.ReactNode;
}

function Field({ id, name, about, children }: FieldProps) {
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{name}</label>
      {children}
      {about && <p className={styles.about}>{about}.</p>}
    </div>
  );
}
