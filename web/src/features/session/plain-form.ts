/**
 * Forms made without React: the pages before the log-in must weigh less than React does. What asks for a password
 * behind the log-in shows the same forms, by PlainForm.tsx.
 */
import { ApiError, OfflineError } from '../../api/client';
import { element } from '../../lib/dom';
import { adviseOnPassword } from '../../lib/password-advice';
import { waitingTime } from '../../lib/time';
import styles from './plain-form.module.css';

export interface PlainField {
  /** Its name in the request, and in the server's errors. */
  name: string;
  label: string;
  type: 'text' | 'email' | 'password';
  autocomplete: AutoFill;
  /** Filled in from the start. */
  value?: string;
  hint?: string;
  /** Shown only, such as the address of an invitation. */
  readOnly?: boolean;
  /** For a new password: shows how good it looks. */
  advise?: boolean;
}

export type PlainValues = Record<string, string>;

export interface PlainFormOptions {
  fields: PlainField[];
  /** The button's text, and what it says while the request is under way. */
  submit: string;
  sending: string;
  /** For a form that is only a part of its page: it takes no focus when it appears. */
  waitsForFocus?: boolean;
  /** Further controls beside the button. */
  beside?: HTMLElement[];
  /** Errors that name no field by themselves: the server's code, and the field's name. */
  fieldOfCode?: Record<string, string>;
  /** Whose password it is, where no field says so: password managers ask for it. */
  username?: string;
  /** Words that make a bad password, beside the other fields' values. */
  known?: string[];
  /** Sends. What it throws is shown, at its field where it has one. */
  onSubmit: (values: PlainValues) => Promise<void>;
}

interface Field {
  options: PlainField;
  row: HTMLElement;
  input: HTMLInputElement;
  /** Shows what is wrong with the value, or nothing. */
  setError: (text: string) => void;
  clear: () => void;
  /** Hides a password that is shown, so that the browser keeps it as one. */
  hide: () => void;
}

/** What to tell somebody whose request failed. */
export function failureText(error: unknown): string {
  if (error instanceof OfflineError) return 'No connection to the server. Check the network and try again.';
  if (error instanceof ApiError) {
    if (error.status === 429) {
      const wait = error.retryAfterSeconds;
      return `Too many tries. ${wait === null ? 'Wait a while, then try again.' : `Try again in ${waitingTime(wait)}.`}`;
    }
    if (error.status === 503) return 'The server is busy. Try again in a moment.';
    return error.message;
  }
  return 'That failed. Try again.';
}

export function createPlainForm(options: PlainFormOptions): HTMLFormElement {
  const form = element('form', { className: styles.form ?? '', noValidate: true });
  const alert = element('p', { className: styles.alert ?? '', hidden: true });
  alert.setAttribute('role', 'alert');
  const fields: Field[] = [];
  const known = () => [
    ...(options.known ?? []),
    ...fields.filter((field) => field.options.type !== 'password').map(({ input }) => input.value),
  ];
  for (const field of options.fields) fields.push(createField(field, known));
  const button = element('button', {
    type: 'submit',
    className: styles.submit ?? '',
    textContent: options.submit,
  });
  // A dialog moves the focus to the field that says so when it opens.
  const first = fields.find(({ input }) => input.value === '' && !input.readOnly);
  if (first && !options.waitsForFocus) first.input.autofocus = true;
  const buttons = element('div', { className: styles.buttons ?? '' }, ...(options.beside ?? []), button);
  if (options.username !== undefined) {
    form.append(
      element('input', {
        type: 'email',
        name: 'username',
        autocomplete: 'username',
        value: options.username,
        hidden: true,
      }),
    );
  }
  form.append(alert, ...fields.map(({ row }) => row), buttons);

  function showFailure(error: unknown): void {
    const atFields = problemsByField(error, options);
    for (const field of fields) field.setError(atFields.get(field.options.name) ?? '');
    const atFault = fields.filter((field) => atFields.has(field.options.name));
    if (atFault.length === 0) {
      alert.textContent = failureText(error);
      alert.hidden = false;
    }
    if (isRefusal(error)) forgetSecrets(fields, atFault);
    const focus = atFault[0] ?? fields.find(({ options: { type } }) => type === 'password') ?? fields[0];
    (focus?.input ?? button).focus();
  }

  let sending = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (sending) return;
    alert.hidden = true;
    const missing = fields.filter(({ input }) => input.value.trim() === '');
    for (const field of fields) {
      field.setError(missing.includes(field) ? `${field.options.label} is required.` : '');
    }
    if (missing.length > 0) {
      forgetSecrets(fields, missing);
      missing[0]?.input.focus();
      return;
    }
    for (const field of fields) field.hide();
    sending = true;
    button.setAttribute('aria-disabled', 'true');
    button.textContent = options.sending;
    try {
      await options.onSubmit(
        Object.fromEntries(
          fields.map(({ input, options: { name, type } }) => [
            name,
            type === 'password' ? input.value : input.value.trim(),
          ]),
        ),
      );
    } catch (error) {
      showFailure(error);
    } finally {
      sending = false;
      button.removeAttribute('aria-disabled');
      button.textContent = options.submit;
    }
  });
  return form;
}

/** What the server says of one parameter, as a sentence below its field; null where it says nothing of it. */
export function problemAt(error: unknown, name: string): string | null {
  if (!(error instanceof ApiError)) return null;
  const problem = error.problems.find(({ path }) => path === name);
  const text = problem?.message ?? (error.body.param === name ? error.message : null);
  return text === null ? null : text.charAt(0).toUpperCase() + text.slice(1);
}

/** What the server says is wrong, by the fields of the form. */
function problemsByField(error: unknown, { fields, fieldOfCode }: PlainFormOptions): Map<string, string> {
  const found = new Map<string, string>();
  if (!(error instanceof ApiError)) return found;
  for (const { name } of fields) {
    const text = problemAt(error, name) ?? (fieldOfCode?.[error.code ?? ''] === name ? error.message : null);
    if (text !== null) found.set(name, text);
  }
  return found;
}

/** A busy server or a lost connection asks for the same again; everything else for something different. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status < 500 && error.status !== 429;
}

/** No secret stays in its field because another field, or the whole, was refused (authentication.md, case 76). */
function forgetSecrets(fields: Field[], atFault: Field[]): void {
  for (const field of fields) {
    if (field.options.type !== 'password' || atFault.includes(field) || field.input.value === '') continue;
    field.clear();
    if (atFault.length > 0) field.setError('Not kept, for your security. Enter it again.');
  }
}

let fieldCount = 0;

function createField(options: PlainField, known: () => string[]): Field {
  fieldCount += 1;
  const id = `field-${options.name}-${fieldCount}`;
  const input = element('input', {
    id,
    type: options.type,
    name: options.name,
    autocomplete: options.autocomplete,
    value: options.value ?? '',
    required: true,
    readOnly: options.readOnly ?? false,
    spellcheck: false,
  });
  if (options.type !== 'text') input.autocapitalize = 'none';
  const label = element('label', { htmlFor: id, textContent: options.label });
  const error = element('p', { id: `${id}-error`, className: styles.error ?? '' });
  const described = [error.id];
  const row = element('div', {}, label);

  let showAdvice = () => {};
  let hide = () => {};
  if (options.type === 'password') {
    const control = createShowControl(input);
    hide = control.hide;
    row.append(element('div', { className: styles.secret ?? '' }, input, control.button));
  } else {
    row.append(input);
  }
  if (options.hint !== undefined) {
    const hint = element('p', {
      id: `${id}-hint`,
      className: styles.hint ?? '',
      textContent: options.hint,
    });
    described.unshift(hint.id);
    row.append(hint);
  }
  if (options.advise) {
    const meter = element('meter', { min: 0, max: 4, low: 2, high: 3, optimum: 4 });
    meter.setAttribute('aria-label', 'Strength');
    const advice = element('p', { id: `${id}-advice`, className: styles.hint ?? '' });
    advice.setAttribute('aria-live', 'polite');
    described.unshift(advice.id);
    showAdvice = () => {
      const { score, text } = adviseOnPassword(input.value, known());
      meter.value = score;
      advice.textContent = text;
    };
    showAdvice();
    input.addEventListener('input', showAdvice);
    row.append(element('div', { className: styles.advice ?? '' }, meter, advice));
  }
  row.append(error);
  input.setAttribute('aria-describedby', described.join(' '));

  function setError(text: string): void {
    input.setAttribute('aria-invalid', String(text !== ''));
    error.textContent = text;
  }
  function clear(): void {
    input.value = '';
    showAdvice();
  }
  return { options, row, input, setError, clear, hide };
}

/** Shows what is typed, or hides it again. Its text is no label, so that only the field goes by the field's name. */
function createShowControl(input: HTMLInputElement): { button: HTMLButtonElement; hide: () => void } {
  const word = element('span', { textContent: 'Show' });
  const rest = element('span', { className: 'visually-hidden', textContent: ' password' });
  const button = element('button', { type: 'button', className: styles.show ?? '' }, word, rest);
  button.setAttribute('aria-controls', input.id);
  function setShown(shown: boolean): void {
    input.type = shown ? 'text' : 'password';
    word.textContent = shown ? 'Hide' : 'Show';
  }
  button.addEventListener('click', () => setShown(input.type === 'password'));
  return { button, hide: () => setShown(false) };
}
