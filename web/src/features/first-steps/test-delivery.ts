/** A test callback, sent to a receiver of the server's own or to the account's address, and what became of it. */
import { queryOptions } from '@tanstack/react-query';
import { queryText, request } from '../../api/client';

/** A receiver that the server has itself, for a day. */
interface TestReceiver {
  id: string;
  url: string;
  /** How many requests it has got. */
  received: number;
}

export type Check = 'ok' | 'wrong' | 'missing';

/** A request that the test receiver got. */
export interface ReceivedRequest {
  n: number;
  at: string;
  headers: [name: string, value: string][];
  body: string;
  auth: Check;
  signature: Check;
}

/** A callback, as far as a test delivery asks. */
interface SentCallback {
  id: string;
  state: string;
  last_status: number | null;
  last_outcome: string | null;
}

/** A test callback that was sent. */
export interface Delivery {
  callbackId: string;
  url: string;
  /** What the test receiver had got before; null where the callback goes elsewhere. */
  receivedBefore: number | null;
}

// Under the mode's callbacks, so that news of them has these fetched anew.
const KEY = ['test', 'callbacks'] as const;

export const testReceiverQuery = queryOptions({
  queryKey: [...KEY, 'receiver'],
  queryFn: ({ signal }) =>
    request<{ receiver: TestReceiver | null }>('GET', '/web/test/receivers', undefined, { signal }),
});

/** What the test receiver got of a delivery; null until it has arrived. */
export const arrivalQuery = ({ callbackId, receivedBefore }: Delivery) =>
  queryOptions({
    queryKey: [...KEY, 'arrival', callbackId],
    queryFn: async ({ signal }) => {
      const { requests } = await request<{ requests: ReceivedRequest[] }>(
        'GET',
        `/web/test/receivers/requests${queryText({ after: receivedBefore })}`,
        undefined,
        { signal },
      );
      return requests.find(({ headers }) => idOf(headers) === callbackId) ?? null;
    },
  });

/** How a delivery to an address of one's own stands. */
export const deliveryQuery = (callbackId: string) =>
  queryOptions({
    queryKey: [...KEY, 'delivery', callbackId],
    queryFn: async ({ signal }) => {
      const path = `/web/test/callbacks/${encodeURIComponent(callbackId)}`;
      const { callback } = await request<{ callback: SentCallback }>('GET', path, undefined, { signal });
      return callback;
    },
  });

/** Sends a made-up callback to the test receiver, which is made where there is none. */
export async function sendToTestReceiver(): Promise<Delivery> {
  const { receiver } = await request<{ receiver: TestReceiver }>('POST', '/web/test/receivers');
  return { ...(await sendTo(receiver.url)), receivedBefore: receiver.received };
}

/** Sends a made-up callback to an address. */
export async function sendTo(url: string): Promise<Delivery> {
  const body = { event: 'task.completed', url };
  const { callback } = await request<{ callback: SentCallback }>('POST', '/web/test/callbacks/test', body);
  return { callbackId: callback.id, url, receivedBefore: null };
}

function idOf(headers: ReceivedRequest['headers']): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === 'webhook-id')?.[1];
}

/** "It carries the right key and the right signature." */
export function checksWords({ auth, signature }: ReceivedRequest): string {
  if (auth === 'ok' && signature === 'ok') return 'It carries the right key and the right signature.';
  const key = { ok: 'The key is right', wrong: 'The key is wrong', missing: 'It carries no key' }[auth];
  const signed = {
    ok: 'the signature is right',
    wrong: 'the signature is wrong',
    missing: 'it is not signed',
  }[signature];
  return `${key}, ${signed}.`;
}

/** What became of a delivery, or null while it is under way. */
export function deliveryWords({ state, last_status, last_outcome }: SentCallback): string | null {
  if (state === 'delivered') return `Delivered: your server answered ${last_status ?? 'it'}.`;
  if (state === 'held') return 'It waits. The page Callbacks says why.';
  if (last_outcome === null) return null;
  return last_status === null
    ? `Not delivered: ${last_outcome.replaceAll('_', ' ')}.`
    : `Not delivered: your server answered ${last_status}.`;
}
