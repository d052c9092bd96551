import { type FormEvent, useId, useState } from 'react';
import { ApiError, apiPath } from '../../api/client';
import type { Key, Mode } from '../../api/types';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { Time } from '../../ui/Time';
import { GivenUp } from '../session/use-recent-log-in';
import { useSending } from '../session/use-sending';
import styles from './KeyCard.module.css';
import type { KeyDialog } from './KeyDialogs';
import { isRolledAndRunning, receiptText } from './key-words';
import { RolledKey } from './RolledKey';
import { useKeyRequests } from './use-key-requests';
import { useShownText } from './use-shown-text';

interface KeyCardProps {
  /** What it is, for screen readers, who hear one card after the other. */
  title: string;
  apiKey: Key;
  /** An API key can be renamed, suspended and revoked; a callback auth key only be shown and rolled. */
  kind: 'api' | 'callback';
  /** When the key was made that replaces this one. */
  rolledAt: string | null;
  onOpen: (dialog: KeyDialog) => void;
  /** Tells what was done, above the cards. */
  onDone: (text: string) => void;
}

/** One key, masked. Reveal and Copy fetch its text; it is held in memory only, and not for long. */
export function KeyCard({ title, apiKey, kind, rolledAt, onOpen, onDone }: KeyCardProps) {
  const { change, reveal, passwordDialog } = useKeyRequests();
  const [shown, show] = useShownText();
  const [renaming, setRenaming] = useState(false);
  const revealing = useSending();
  const suspending = useSending();
  const environment: Mode = apiKey.environment;
  const running = isRolledAndRunning(apiKey);

  const text = () => revealText(reveal, apiKey);
  const cannotShow = !apiKey.revealable && (apiKey.imported ? IMPORTED : SHOWN_ONCE);

  async function suspendOrResume() {
    const action = apiKey.state === 'suspended' ? 'resume' : 'suspend';
    await suspending.run(async () => {
      const answer = await change<{ receipt?: Parameters<typeof receiptText>[0] }>(
        'POST',
        apiPath('web', 'keys', apiKey.key_id, action),
      );
      const done = action === 'resume' ? 'works again' : 'is suspended';
      onDone(`Key ${apiKey.hint} ${done}. ${answer.receipt ? receiptText(answer.receipt) : ''}`);
    });
  }

  return (
    <section aria-label={title} className={styles.card}>
      {(kind === 'api' || running) && (
        <div className={styles.title}>
          {renaming ? (
            <RenameForm apiKey={apiKey} change={change} onClose={() => setRenaming(false)} />
          ) : (
            <>
              {kind === 'api' && <h4>{apiKey.name}</h4>}
              {apiKey.state === 'suspended' && <Badge tone="waiting">suspended</Badge>}
              {running && <Badge tone="waiting">rolled</Badge>}
              {kind === 'api' && (
                <Button small look="plain" onClick={() => setRenaming(true)}>
                  Rename
                </Button>
              )}
            </>
          )}
        </div>
      )}
      <p className={styles.key}>
        <code>{shown ?? apiKey.hint}</code>
      </p>
      {shown !== null && environment === 'live' && kind === 'api' && (
        <p className={styles.warning}>
          Anyone with this key can act for your account in live mode and cause charges. Keep it on servers.
        </p>
      )}
      <div className={styles.buttons}>
        {shown === null ? (
          <Button
            small
            icon="eye"
            refused={cannotShow}
            aria-busy={revealing.sending}
            onClick={() => void revealing.run(async () => show(await text()))}
          >
            Reveal
          </Button>
        ) : (
          <Button small icon="eyeOff" onClick={() => show(null)}>
            Hide
          </Button>
        )}
        {apiKey.revealable && <CopyButton small what="key" text={shown ?? text} />}
        <Button
          small
          refused={apiKey.replaced_by !== null && 'This key was rolled already.'}
          onClick={() => onOpen({ what: 'roll', key: apiKey, kind })}
        >
          Roll
        </Button>
        {kind === 'api' && (
          <>
            <Button small aria-busy={suspending.sending} onClick={() => void suspendOrResume()}>
              {apiKey.state === 'suspended' ? 'Resume' : 'Suspend'}
            </Button>
            <Button small look="danger" onClick={() => onOpen({ what: 'revoke', key: apiKey, kind })}>
              Revoke
            </Button>
          </>
        )}
      </div>
      {cannotShow && <p className={styles.facts}>{cannotShow}</p>}
      {[revealing.failure, suspending.failure].map(
        (failure) =>
          failure && (
            <p key={failure} role="alert" className={styles.failure}>
              {failure}
            </p>
          ),
      )}
      {running && apiKey.expires_at !== null && (
        <RolledKey apiKey={apiKey} rolledAt={rolledAt ?? apiKey.created_at} onOpen={onOpen} onDone={onDone} />
      )}
      <Facts apiKey={apiKey} kind={kind} />
      {passwordDialog}
    </section>
  );
}

const IMPORTED = 'An imported key cannot be shown: only its digest is kept. Roll it to get one that can.';
const SHOWN_ONCE = 'This key was shown once, when it was made. Roll it to get a new one.';

/** The text of a key. What the server cannot show is told with the way out. */
async function revealText(reveal: (key: Key) => Promise<string>, key: Key): Promise<string> {
  try {
    return await reveal(key);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'key_not_revealable') {
      throw new Error(key.imported ? IMPORTED : SHOWN_ONCE);
    }
    throw error instanceof GivenUp ? error : asError(error);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The key stays hidden.');
}

function Facts({ apiKey, kind }: { apiKey: Key; kind: 'api' | 'callback' }) {
  return (
    <dl className={styles.facts}>
      <div>
        <dt>{apiKey.imported ? 'Imported' : 'Made'}</dt>
        <dd>
          <Time iso={apiKey.created_at} />
          {apiKey.created_by !== null && ` by ${apiKey.created_by}`}
        </dd>
      </div>
      {/* Nothing is asked with a callback auth key: it is what is sent. */}
      {kind === 'api' && (
        <div>
          <dt>Last used</dt>
          <dd>
            {apiKey.last_used_at === null ? (
              'never'
            ) : (
              <>
                <Time iso={apiKey.last_used_at} />
                {apiKey.last_used_address && ` from ${apiKey.last_used_address}`}
                {apiKey.last_used_agent && <span className={styles.agent}> by {apiKey.last_used_agent}</span>}
              </>
            )}
          </dd>
        </div>
      )}
      {apiKey.expires_at !== null && (
        <div>
          <dt>Ends</dt>
          <dd>
            <Time iso={apiKey.expires_at} />
          </dd>
        </div>
      )}
    </dl>
  );
}

interface RenameFormProps {
  apiKey: Key;
  change: ReturnType<typeof useKeyRequests>['change'];
  onClose: () => void;
}

function RenameForm({ apiKey, change, onClose }: RenameFormProps) {
  const id = useId();
  const [name, setName] = useState(apiKey.name);
  const { sending, failure, run, fail } = useSending();

  function save(event: FormEvent) {
    event.preventDefault();
    const problem = nameProblem(name);
    if (problem) {
      fail(problem);
      return;
    }
    void run(async () => {
      await change('PATCH', apiPath('web', 'keys', apiKey.key_id), { name: name.trim() });
      onClose();
    });
  }

  return (
    <form className={styles.rename} onSubmit={save}>
      <label htmlFor={id}>Name</label>
      <input
        id={id}
        type="text"
        value={name}
        // biome-ignore lint/a11y/noAutofocus: the field stands where the button was that had the focus
        autoFocus
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && onClose()}
        aria-invalid={failure !== null}
        aria-describedby={`${id}-failure`}
      />
      <Button small look="primary" type="submit" aria-busy={sending}>
        Save
      </Button>
      <Button small onClick={onClose}>
        Cancel
      </Button>
      <p id={`${id}-failure`} role="alert" className={styles.failure}>
        {failure}
      </p>
    </form>
  );
}

const NAME_LENGTH_MAX = 100;

/** Why a key cannot have this name, or null. */
export function nameProblem(name: string): string | null {
  const length = [...name.trim()].length;
  if (length === 0) return 'Name is required.';
  if (length > NAME_LENGTH_MAX)
    return `A name has at most ${NAME_LENGTH_MAX} characters; this one has ${length}.`;
  return null;
}
