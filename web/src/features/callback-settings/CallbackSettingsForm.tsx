import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { ApiError } from '../../api/client';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/TextField';
import { failureText } from '../session/plain-form';
import { GivenUp } from '../session/use-recent-log-in';
import styles from './CallbackSettingsForm.module.css';
import {
  type CallbackSettings,
  type ChangeableSettings,
  changesOf,
  heldWords,
  hostsOf,
  type PlainHttp,
} from './callback-settings';

interface CallbackSettingsFormProps {
  /** As the server has them. */
  saved: CallbackSettings;
  onSave: (change: Partial<ChangeableSettings>) => Promise<void>;
}

const PLAIN_HTTP: { policy: PlainHttp; label: string; about: string }[] = [
  {
    policy: 'hold',
    label: 'Hold them',
    about: 'They wait until you allow it, and a banner tells you so. Nothing leaves this server.',
  },
  {
    policy: 'send',
    label: 'Send them',
    about: 'Whoever stands between this server and the receiver can read the key and the answers.',
  },
  {
    policy: 'refuse',
    label: 'Refuse them',
    about: 'A task or batch with such an address is answered with 400 and not made.',
  },
];

/** The settings as the form's fields have them. */
interface Fields {
  address: string;
  plainHttp: PlainHttp;
  pinned: boolean;
  /** One host a line. */
  hosts: string;
  subscribed: string[];
  oldKeyFirst: boolean;
}

function fieldsOf(settings: CallbackSettings): Fields {
  return {
    address: settings.default_callback_url ?? '',
    plainHttp: settings.plain_http,
    pinned: settings.pinned_hosts !== null,
    hosts: (settings.pinned_hosts ?? []).join('\n'),
    subscribed: settings.subscribed_events,
    oldKeyFirst: settings.old_key_first,
  };
}

/**
 * All callback settings in one form; only what was changed is sent. A field that was not touched follows the server:
 * the banner, or somebody else, may change a setting while the form is open.
 */
export function CallbackSettingsForm({ saved, onSave }: CallbackSettingsFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [edits, setEdits] = useState<Partial<Fields>>({});
  const { address, plainHttp, pinned, hosts, subscribed, oldKeyFirst } = { ...fieldsOf(saved), ...edits };
  const edit = (changed: Partial<Fields>) => setEdits({ ...edits, ...changed });
  const [noHosts, setNoHosts] = useState(false);
  const group = useId();

  const change = changesOf(saved, {
    default_callback_url: address.trim() === '' ? null : address.trim(),
    plain_http: plainHttp,
    pinned_hosts: pinned ? hostsOf(hosts) : null,
    subscribed_events: subscribed,
    old_key_first: oldKeyFirst,
  });
  const unchanged = Object.keys(change).length === 0;
  const save = useMutation({
    mutationFn: async () => {
      if (!unchanged) await onSave(change);
      setEdits({});
    },
  });
  const problem = (name: keyof ChangeableSettings) => problemUnder(save.error, name);
  const told = FIELDS.some((name) => problem(name) !== null);
  const failed = save.isError && !(save.error instanceof GivenUp) && !told;

  useEffect(() => {
    if (told || noHosts) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [told, noHosts]);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (save.isPending) return;
    const none = pinned && hostsOf(hosts).length === 0;
    setNoHosts(none);
    if (none) save.reset();
    else save.mutate();
  }

  function subscribe(event: string, wanted: boolean) {
    edit({ subscribed: wanted ? [...subscribed, event] : subscribed.filter((name) => name !== event) });
  }

  return (
    <form ref={form} className={styles.form} onSubmit={submit} noValidate>
      <TextField
        label="Default callback URL"
        name="default_callback_url"
        value={address}
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        hint="Where callbacks of tasks and batches go that name no address: an http or https address, or the e-mail address of a person of your account. Empty: they send none."
        error={problem('default_callback_url')}
        onChange={(event) => edit({ address: event.target.value })}
      />
      <fieldset className={styles.part}>
        <legend>Plain http to a public address</legend>
        <p>
          Each callback carries your key, and plain http is not encrypted. Networks that the operator of this
          server has allowed are not concerned.
        </p>
        {PLAIN_HTTP.map(({ policy, label, about }) => (
          <Choice
            key={policy}
            type="radio"
            name={group}
            label={label}
            about={about}
            checked={plainHttp === policy}
            onChange={() => edit({ plainHttp: policy })}
          />
        ))}
        <p
          role="status"
          className={plainHttp === 'send' && saved.plain_http !== 'send' ? styles.warning : ''}
        >
          {plainHttp === 'send' && saved.plain_http !== 'send' && sendingWords(saved)}
        </p>
        <Failure text={problem('plain_http')} />
      </fieldset>
      <Targets
        pinned={pinned}
        hosts={hosts}
        error={noHosts ? 'Name at least one host, or choose any public host.' : problem('pinned_hosts')}
        onPinned={(wanted) => edit({ pinned: wanted })}
        onHosts={(text) => edit({ hosts: text })}
      />
      {saved.events.some(({ original }) => !original) && (
        <fieldset className={styles.part}>
          <legend>Events</legend>
          <p>
            Always sent:{' '}
            {saved.events
              .filter(({ original }) => original)
              .map(({ name }) => name)
              .join(', ')}
            . The original API knows no more than these; receivers written for it may not expect others.
          </p>
          {saved.events
            .filter(({ original }) => !original)
            .map(({ name, description }) => (
              <Choice
                key={name}
                type="checkbox"
                label={<code>{name}</code>}
                about={description}
                checked={subscribed.includes(name)}
                onChange={(wanted) => subscribe(name, wanted)}
              />
            ))}
          <Failure text={problem('subscribed_events')} />
        </fieldset>
      )}
      <fieldset className={styles.part}>
        <legend>Keys</legend>
        <Choice
          type="checkbox"
          label="Old key first"
          about="While a Callback Auth Key is rolled, scale-callback-auth carries the old key and scale-callback-auth-previous the new one: for receivers that cannot be changed before the roll."
          checked={oldKeyFirst}
          onChange={(wanted) => edit({ oldKeyFirst: wanted })}
        />
        <Failure text={problem('old_key_first')} />
        <p>
          Callbacks of test mode carry the{' '}
          {saved.own_key_for_test_callbacks ? 'Test Callback Auth Key' : 'Live Callback Auth Key too'}. An
          Admin changes that on the page{' '}
          <Link to="/$mode/api-keys" params={{ mode: 'test' }}>
            API Keys
          </Link>
          .
        </p>
      </fieldset>
      {failed && (
        <p role="alert" className={styles.failure}>
          {failureText(save.error)}
        </p>
      )}
      <div className={styles.foot}>
        <Button look="primary" type="submit" aria-busy={save.isPending}>
          Save
        </Button>
        <span role="status">{save.isSuccess && unchanged && 'Saved.'}</span>
      </div>
    </form>
  );
}

const FIELDS: (keyof ChangeableSettings)[] = [
  'default_callback_url',
  'plain_http',
  'pinned_hosts',
  'subscribed_events',
  'old_key_first',
];

/** What the server says is wrong with a setting or with an entry of its list, or null. */
function problemUnder(error: unknown, name: string): string | null {
  if (!(error instanceof ApiError)) return null;
  const isOf = (path: unknown) => typeof path === 'string' && (path === name || path.startsWith(`${name}[`));
  const problems = error.problems.filter(({ path }) => isOf(path)).map(({ message }) => message);
  const text = problems.length > 0 ? problems.join('; ') : isOf(error.body.param) ? error.message : '';
  return text === '' ? null : text.charAt(0).toUpperCase() + text.slice(1);
}

function sendingWords({ held_plain_http }: CallbackSettings): string {
  const held = heldWords(held_plain_http);
  return (
    'The key can be read on the way. Roll it once your receivers are reached by https.' +
    (held === null ? '' : ` ${held} for this: saving sends what waits.`)
  );
}

interface TargetsProps {
  pinned: boolean;
  hosts: string;
  error: string | null;
  onPinned: (pinned: boolean) => void;
  onHosts: (hosts: string) => void;
}

/** Where callbacks may go. */
function Targets({ pinned, hosts, error, onPinned, onHosts }: TargetsProps) {
  const id = useId();
  return (
    <fieldset className={styles.part}>
      <legend>Where callbacks may go</legend>
      <Choice
        type="radio"
        name={`${id}-pinned`}
        label="Any public host"
        about="And networks that the operator of this server has allowed."
        checked={!pinned}
        onChange={() => onPinned(false)}
      />
      <Choice
        type="radio"
        name={`${id}-pinned`}
        label="Only these hosts"
        about="A task or batch with another address is answered with 400. So nobody who has a key sends answers elsewhere."
        checked={pinned}
        onChange={() => onPinned(true)}
      />
      {pinned && (
        <div>
          <label htmlFor={id} className={styles.label}>
            Hosts, one a line
          </label>
          <textarea
            id={id}
            className={styles.hosts}
            rows={4}
            value={hosts}
            spellCheck={false}
            autoComplete="off"
            aria-invalid={error !== null}
            aria-describedby={`${id}-hint ${id}-error`}
            onChange={(event) => onHosts(event.target.value)}
          />
          <p id={`${id}-hint`} className={styles.about}>
            <code>hooks.example.com</code>, <code>hooks.example.com:8443</code> for one port,{' '}
            <code>*.example.com</code> for all names below one.
          </p>
          <p id={`${id}-error`} className={styles.failure}>
            {error}
          </p>
        </div>
      )}
    </fieldset>
  );
}

interface ChoiceProps {
  type: 'radio' | 'checkbox';
  /** Of radio buttons: what they have in common. */
  name?: string;
  label: ReactNode;
  about: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** A choice with a sentence that says what it means. */
function Choice({ type, name, label, about, checked, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <div className={styles.choice}>
      <input
        id={id}
        type={type}
        name={name}
        checked={checked}
        aria-describedby={`${id}-about`}
        onChange={(event) => onChange(event.target.checked)}
      />
      <label htmlFor={id}>{label}</label>
      <p id={`${id}-about`} className={styles.about}>
        {about}
      </p>
    </div>
  );
}

function Failure({ text }: { text: string | null }) {
  return (
    <p role="alert" className={styles.failure}>
      {text}
    </p>
  );
}
