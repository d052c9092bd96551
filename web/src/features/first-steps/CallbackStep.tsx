import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { Button } from '../../ui/Button';
import { JsonView } from '../../ui/JsonView';
import { callbackQuery, callbacksKey, receivedQuery } from '../callbacks/queries';
import { useSending } from '../session/use-sending';
import { can, useSession } from '../session/use-session';
import styles from './FirstSteps.module.css';
import {
  arrivalOf,
  checksWords,
  type Delivery,
  deliveryWords,
  sendTo,
  sendToTestReceiver,
} from './test-delivery';

/** A delivery that is under way is asked for this often. */
const ASK_EVERY_MS = 1000;

/** Lets somebody see a callback arrive before they have a server for it. */
export function CallbackStep({ defaultUrl }: { defaultUrl: string | null }) {
  const session = useSession();
  const queryClient = useQueryClient();
  const { sending, failure, run } = useSending();
  const [delivery, setDelivery] = useState<Delivery | null>(null);

  if (!can(session, 'manage_callbacks')) {
    return (
      <p>
        Answers are sent to the <code>callback_url</code> of a task, or to the default callback URL that an
        Admin or Manager sets for your account.
      </p>
    );
  }

  const send = (work: () => Promise<Delivery>) =>
    void run(async () => {
      setDelivery(await work());
      void queryClient.invalidateQueries({ queryKey: callbacksKey('test') });
    });

  return (
    <>
      <p>
        Answers are posted to your server as soon as they are ready. Look at one before you have a server:
        this sends a made-up callback to a receiver that is part of Weighbridge.
      </p>
      <p className={styles.buttons}>
        <Button look="primary" aria-busy={sending} onClick={() => send(sendToTestReceiver)}>
          Send a test callback
        </Button>
        {defaultUrl?.startsWith('http') && (
          <Button aria-busy={sending} onClick={() => send(() => sendTo(defaultUrl))}>
            Send one to {defaultUrl}
          </Button>
        )}
      </p>
      {failure && (
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
      )}
      {delivery &&
        (delivery.receiverId === null ? (
          <OwnServer key={delivery.callbackId} callbackId={delivery.callbackId} />
        ) : (
          <Arrival
            key={delivery.callbackId}
            callbackId={delivery.callbackId}
            receiverId={delivery.receiverId}
          />
        ))}
      <p>
        {defaultUrl === null ? (
          <>
            Then <Link to="/settings/callbacks">set a default callback URL</Link>, or give each call a{' '}
            <code>callback_url</code>.
          </>
        ) : (
          <>
            Callbacks go to {defaultUrl}.{' '}
            <Link to="/settings/callbacks">Change the default callback URL</Link>
          </>
        )}{' '}
        The guide{' '}
        <Link to="/docs/$guide" params={{ guide: 'callbacks' }}>
          Callbacks
        </Link>{' '}
        has a receiver to start from.
      </p>
    </>
  );
}

/** What the test receiver got. */
function Arrival({ callbackId, receiverId }: { callbackId: string; receiverId: string }) {
  const received = useQuery({
    ...receivedQuery('test', receiverId),
    refetchInterval: ({ state }) => (arrivalOf(state.data ?? [], callbackId) ? false : ASK_EVERY_MS),
  });
  const arrival = arrivalOf(received.data ?? [], callbackId);
  return (
    <>
      <p role="status">
        {arrival ? `It has arrived. ${checksWords(arrival)} ` : underWay(received.error)}
        {arrival && <DeliveryLink callbackId={callbackId}>Its attempts</DeliveryLink>}
      </p>
      {arrival && <JsonView name="callback" value={parsed(arrival.body)} />}
    </>
  );
}

/** What one's own server said to it. */
function OwnServer({ callbackId }: { callbackId: string }) {
  const sent = useQuery({
    ...callbackQuery('test', callbackId),
    refetchInterval: ({ state }) =>
      state.data && deliveryWords(state.data.callback) !== null ? false : ASK_EVERY_MS,
  });
  const words = sent.data ? deliveryWords(sent.data.callback) : null;
  return (
    <p role="status">
      {words ?? underWay(sent.error)}{' '}
      {words !== null && <DeliveryLink callbackId={callbackId}>Request and answer</DeliveryLink>}
    </p>
  );
}

function underWay(error: Error | null): string {
  return error ? error.message : 'It is on its way.';
}

function DeliveryLink({ callbackId, children }: { callbackId: string; children: ReactNode }) {
  return (
    <Link to="/$mode/callbacks/$callbackId" params={{ mode: 'test', callbackId }}>
      {children}
    </Link>
  );
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
