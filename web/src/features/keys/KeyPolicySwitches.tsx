import { useId, useState } from 'react';
import type { KeyPolicy } from '../../api/types';
import { useSending } from '../session/use-sending';
import styles from './KeyPolicySwitches.module.css';
import { TypedConfirmDialog } from './TypedConfirmDialog';
import { useKeyRequests } from './use-key-requests';

const SWITCHES: { name: keyof KeyPolicy; label: string; about: string }[] = [
  {
    name: 'show_keys_once',
    label: 'Show keys once',
    about: 'A new key is shown when it is made and never again. What is stored to reveal keys is erased.',
  },
  {
    name: 'keys_may_make_managers',
    label: 'Keys may make Managers',
    about: 'A program may give the role Manager by API. Off: an Admin must approve it first.',
  },
  {
    name: 'own_key_for_test_callbacks',
    label: 'Own key for test callbacks',
    about: 'Callbacks of test mode carry the Test Callback Auth Key instead of the live one.',
  },
];

/** What an Admin decides about all keys of the account. */
export function KeyPolicySwitches({ policy }: { policy: KeyPolicy }) {
  const { change, passwordDialog } = useKeyRequests();
  const { sending, failure, run } = useSending();
  const [confirming, setConfirming] = useState(false);

  const set = (name: keyof KeyPolicy, value: boolean) => change('PUT', '/web/keys/policy', { [name]: value });

  return (
    <div className={styles.switches}>
      {SWITCHES.map(({ name, label, about }) => (
        <PolicySwitch
          key={name}
          label={label}
          about={about}
          on={policy[name]}
          onChange={(on) => {
            // Erased copies never come back, so that one is asked twice.
            if (name === 'show_keys_once' && on) setConfirming(true);
            else if (!sending) void run(async () => void (await set(name, on)));
          }}
        />
      ))}
      {failure && (
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
      )}
      {confirming && (
        <TypedConfirmDialog
          title="Show keys once?"
          label='Type "show keys once"'
          wanted="show keys once"
          action="Show keys once"
          onClose={() => setConfirming(false)}
          onConfirmed={async () => {
            await set('show_keys_once', true);
            setConfirming(false);
          }}
        >
          <p>
            No key of your account can be revealed any more, in both modes. Keys that programs have go on
            working; one that nobody has kept must be rolled. This cannot be taken back.
          </p>
        </TypedConfirmDialog>
      )}
      {passwordDialog}
    </div>
  );
}

interface PolicySwitchProps {
  label: string;
  about: string;
  on: boolean;
  onChange: (on: boolean) => void;
}

function PolicySwitch({ label, about, on, onChange }: PolicySwitchProps) {
  const id = useId();
  return (
    <div className={styles.policy}>
      <button
        type="button"
        role="switch"
        aria-checked={on}
        aria-labelledby={`${id}-label`}
        aria-describedby={`${id}-about`}
        className={styles.switch}
        onClick={() => onChange(!on)}
      >
        {on ? 'On' : 'Off'}
      </button>
      <div>
        <p id={`${id}-label`} className={styles.label}>
          {label}
        </p>
        <p id={`${id}-about`} className={styles.about}>
          {about}
        </p>
      </div>
    </div>
  );
}
