/** A test callback, sent to a receiver of the server's own or to the account's address, and what became of it. */
import { apiPath, request } from '../../api/client';
import { sendTestCallback } from '../callbacks/resend';
import type { CallbackItem, ReceivedRequest, Receiver } from '../callbacks/types';
import { outcomeWords } from '../callbacks/words';

/** A test callback that was sent. */
export interface Delivery {
  callbackId: string;
  /** The test receiver that it went to; null where it goes to an address of the account. */
  receiverId: string | null;
}

/** Sends a made-up callback to the test receiver, which is made where there is none. */
export async function sendToTestReceiver(): Promise<Delivery> {
  const path = apiPath('web', 'test', 'receivers');
  const { receiver } = await request<{ receiver: Receiver }>('POST', path);
  return { ...(await sendTo(receiver.url)), receiverId: receiver.id };
}

/** Sends a made-up callback to an address. */
export async function sendTo(url: string): Promise<Delivery> {
  const { id } = await sendTestCallback('test', 'task.completed', url);
  return { callbackId: id, receiverId: null };
}

/** What a receiver got of a callback, or undefined. */
export function arrivalOf(received: ReceivedRequest[], callbackId: string): ReceivedRequest | undefined {
  return received.find(({ headers }) =>
    headers.some(([name, value]) => name.toLowerCase() === 'webhook-id' && value === callbackId),
  );
}

/** "It carries the right key and the right signature." */
export function checksWords({ auth, signature }: Pick<ReceivedRequest, 'auth' | 'signature'>): string {
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
export function deliveryWords({
  state,
  last_status,
  last_outcome,
}: Pick<CallbackItem, 'state' | 'last_status' | 'last_outcome'>): string | null {
  if (state === 'delivered') return `Delivered: your server answered ${last_status ?? 'it'}.`;
  if (state === 'held') return 'It waits. Its page says why.';
  if (state === 'sending' || last_outcome === null) return null;
  return last_status === null
    ? `Not delivered. ${outcomeWords(last_outcome)}.`
    : `Not delivered: your server answered ${last_status}.`;
}
