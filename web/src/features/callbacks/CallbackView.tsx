import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { Mode } from '../../api/types';
import { counted } from '../../lib/money';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { PageHeading } from '../../ui/PageHeading';
import { Time } from '../../ui/Time';
import { can, useSession } from '../session/use-session';
import { usePageActions } from '../shell/page-actions';
import { AttemptList } from './AttemptList';
import { BodyView } from './BodyView';
import styles from './CallbackView.module.css';
import { curlCommand } from './curl';
import { HeaderTable } from './HeaderTable';
import { NextTry } from './NextTry';
import { problemAt } from './resend';
import { SendToDialog } from './SendToDialog';
import { StateBadge } from './StateBadge';
import type { CallbackDetail } from './types';
import { useResend } from './use-resend';
import { heldSentence } from './words';

/** One callback: how it stands, what was sent, every try, and what may be done about it. */
export function CallbackView({ mode, detail }: { mode: Mode; detail: CallbackDetail }) {
  const session = useSession();
  const mayAct = can(session, 'manage_callbacks');
  const { callback, request } = detail;
  return (
    <>
      <Heading mode={mode} detail={detail} mayAct={mayAct} />
      <Facts mode={mode} detail={detail} />
      <section>
        <h2 className={styles.heading}>Tries</h2>
        <AttemptList mode={mode} attempts={detail.attempts} limits={detail.limits} />
      </section>
      <section>
        <h2 className={styles.heading}>Request</h2>
        <p className={styles.url}>
          <code>
            {request.method} {request.url}
          </code>
        </p>
        {request.host && <InternationalHost host={request.host} />}
        <details className={styles.headers}>
          <summary>{counted(request.headers.length, 'header')}, keys masked</summary>
          <HeaderTable caption="Request headers" headers={request.headers} />
        </details>
        <Body request={request} />
      </section>
      <OtherStates mode={mode} detail={detail} />
      <p className={styles.heading}>
        <Link to="/$mode/callbacks" params={{ mode }} search={{ target: callback.target }}>
          All callbacks to {callback.target}
        </Link>
      </p>
    </>
  );
}

/** A name can be written to look like another one: so both spellings stand here. */
function InternationalHost({ host }: { host: NonNullable<CallbackDetail['request']['host']> }) {
  return (
    <p>
      The host <code>{host.ascii}</code> is read as <bdi>{host.unicode}</bdi>.
      {host.mixes_alphabets &&
        ' It mixes letters of several alphabets, as names do that imitate others: check that it is yours.'}
    </p>
  );
}

interface HeadingProps {
  mode: Mode;
  detail: CallbackDetail;
  mayAct: boolean;
}

/** The heading with what may be done, also by the search over everything. */
function Heading({ mode, detail: { callback, request }, mayAct }: HeadingProps) {
  const [sendingTo, setSendingTo] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const resend = useResend(mode, (error) => {
    const told = problemAt(error, 'url');
    setProblem(told);
    return told !== null;
  });
  const refused =
    (request.purged && 'Retention has emptied its body: it cannot be sent any more.') ||
    (callback.resend !== null && 'It is being sent again already.');

  function sendAgain() {
    setProblem(null);
    void resend.send(callback.id);
  }

  usePageActions(
    mayAct && !refused
      ? [
          { id: 'resend', name: 'Send this callback again', kind: 'action', run: sendAgain },
          {
            id: 'send-to',
            name: 'Send this callback to another address',
            kind: 'action',
            run: () => setSendingTo(true),
          },
        ]
      : [],
  );

  return (
    <>
      <PageHeading
        title={`Callback ${callback.event}`}
        tabTitle={`Callback ${callback.id}`}
        actions={
          <>
            {mayAct && (
              <>
                <Button look="primary" refused={refused} aria-busy={resend.sending} onClick={sendAgain}>
                  Send again
                </Button>
                <Button refused={refused} onClick={() => setSendingTo(true)}>
                  Send to…
                </Button>
              </>
            )}
            <CopyButton label="Copy as curl" what="curl command" text={curlCommand(request)} />
          </>
        }
      />
      <p role="status" className={resend.done === '' ? 'visually-hidden' : styles.done}>
        {resend.done}
      </p>
      {resend.failure !== null && !sendingTo && (
        <p role="alert" className={styles.failure}>
          {resend.failure}
        </p>
      )}
      {sendingTo && (
        <SendToDialog
          sending={resend.sending}
          problem={problem}
          failure={resend.failure}
          onClose={() => {
            setProblem(null);
            setSendingTo(false);
          }}
          onSend={(url) => {
            setProblem(null);
            void resend.send(callback.id, { url }).then((through) => through && setSendingTo(false));
          }}
        />
      )}
      {resend.dialog}
    </>
  );
}

function Facts({ mode, detail }: { mode: Mode; detail: CallbackDetail }) {
  const { callback, newest, why_next } = detail;
  return (
    <dl className={styles.facts}>
      <Fact name="Callback">
        <code>{callback.id}</code>
      </Fact>
      <Fact name="State">
        <StateBadge state={callback.state} /> {callback.is_test && <Badge>test</Badge>}
      </Fact>
      <Fact name="Task">
        {callback.task_id === null ? (
          'none'
        ) : (
          <Link to="/$mode/tasks/$taskId" params={{ mode, taskId: callback.task_id }}>
            <code>{callback.task_id}</code>
          </Link>
        )}
      </Fact>
      {callback.batch !== null && <Fact name="Batch">{callback.batch.name}</Fact>}
      {callback.project !== null && (
        <Fact name="Project">
          <Link to="/$mode/projects/$project" params={{ mode, project: callback.project }}>
            {callback.project}
          </Link>
        </Fact>
      )}
      <Fact name="Sequence">
        {callback.sequence}
        {newest !== null && newest.sequence > callback.sequence && ` of ${newest.sequence}`}
      </Fact>
      <Fact name="Tries">
        {callback.tries} of {callback.tries_max}
      </Fact>
      <Fact name="Next try">
        <NextTry callback={callback} />
      </Fact>
      <Fact name="Made">
        <Time iso={callback.created_at} />
      </Fact>
      {callback.done_at !== null && (
        <Fact name="Ended">
          <Time iso={callback.done_at} />
        </Fact>
      )}
      {(why_next !== null || callback.state === 'held') && (
        <div className={styles.why}>
          <dt>Why</dt>
          <dd>{why_next ?? heldSentence(callback.held_for)}</dd>
        </div>
      )}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Body({ request: { body } }: { request: CallbackDetail['request'] }) {
  if (body === null) return <p>The body is past its retention and was emptied. It cannot be sent again.</p>;
  return <BodyView name="request body" text={body} />;
}

/** What else was told of the same task. */
function OtherStates({ mode, detail: { others } }: { mode: Mode; detail: CallbackDetail }) {
  if (others.length === 0) return null;
  return (
    <section>
      <h2 className={styles.heading}>Other callbacks of this task</h2>
      <ul className={styles.others}>
        {others.map(({ id, sequence, event, state }) => (
          <li key={id}>
            <Link to="/$mode/callbacks/$callbackId" params={{ mode, callbackId: id }}>
              Sequence {sequence}: {event}
            </Link>{' '}
            <StateBadge state={state} />
          </li>
        ))}
      </ul>
    </section>
  );
}
