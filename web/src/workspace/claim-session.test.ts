import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeServer, type SentRequest } from '../testing/fake-server';
import { claimOf } from '../testing/work-task';
import { ClaimSession, chooseDraft, HEARTBEAT_SECONDS } from './claim-session';
import type { DeviceDraft } from './device-drafts';

let now = 0;
const device: DeviceDraft[] = [];
const onNext = vi.fn();
const onDraftReplaced = vi.fn();

beforeEach(() => {
  now = 1_000_000;
  device.length = 0;
  onNext.mockReset();
  onDraftReplaced.mockReset();
});

function open(change: Parameters<typeof claimOf>[0] = {}) {
  return new ClaimSession({
    claim: claimOf(change),
    draft: null,
    ahead: false,
    conflict: null,
    storeOnDevice: async (draft) => {
      device.push(draft);
    },
    forgetOnDevice: async () => undefined,
    onDraftReplaced,
    onNext,
    onOpenedHere: () => undefined,
    now: () => now,
  });
}

/** Lets time pass, half a second at a time, and what was asked be answered. */
async function pass(session: ClaimSession, seconds: number) {
  for (let step = 0; step < seconds * 2; step++) {
    now += 500;
    session.tick();
    await settled();
  }
}

/** Everything that waits for nothing but promises is done after a turn of the event loop. */
async function settled() {
  await new Promise((resolve) => setImmediate(resolve));
}

const sentTo = (sent: SentRequest[], end: string) => sent.filter(({ path }) => path.endsWith(end));

describe('draft', () => {
  it('goes to the server after a second of rest, with the next version', async () => {
    const sent = fakeServer(() => ({ body: { version: 1 } }));
    const session = open();
    session.draftChanged({ n: 1 });
    await pass(session, 0.5);
    expect(sentTo(sent, '/draft')).toHaveLength(0);
    expect(session.getSnapshot().save).toBe('saving');
    await pass(session, 1);
    expect(sentTo(sent, '/draft')).toEqual([
      {
        method: 'PUT',
        path: '/web/live/claims/claim1/draft',
        body: { epoch: 1, version: 1, draft: { n: 1 } },
      },
    ]);
    expect(session.getSnapshot().save).toBe('saved');
  });

  it('goes to the server after five seconds even without a rest', async () => {
    const sent = fakeServer(() => ({ body: { version: 1 } }));
    const session = open();
    for (let n = 0; n < 12; n++) {
      session.draftChanged({ n });
      await pass(session, 0.5);
    }
    expect(sentTo(sent, '/draft').length).toBeGreaterThanOrEqual(1);
  });

  it('W19 stays on this device while offline, and is saved once afterwards', async () => {
    let online = false;
    const sent = fakeServer(({ path }) =>
      online ? { body: path.endsWith('/draft') ? { version: 1 } : { lease_seconds_left: 900 } } : 'offline',
    );
    const session = open();
    session.draftChanged({ n: 1 });
    await vi.waitFor(() =>
      expect(device.at(-1)).toMatchObject({ draft: { n: 1 }, ahead: true, baseVersion: 0 }),
    );
    await pass(session, 5);
    expect(session.getSnapshot().save).toBe('offline');
    expect(session.hasUnstoredWork()).toBe(false);
    online = true;
    sent.length = 0;
    await pass(session, 31);
    expect(sentTo(sent, '/draft')).toHaveLength(1);
    expect(session.getSnapshot().save).toBe('saved');
    expect(device.at(-1)).toMatchObject({ ahead: false, baseVersion: 1 });
  });

  it('W18 an old version keeps both drafts and asks', async () => {
    fakeServer(({ path }) =>
      path.endsWith('/draft')
        ? { status: 409, body: { code: 'draft_conflict', version: 7, draft: { other: true } } }
        : { body: {} },
    );
    const session = open();
    session.draftChanged({ mine: true });
    await pass(session, 2);
    expect(session.getSnapshot().conflict).toEqual({ version: 7, draft: { other: true } });

    const sent = fakeServer(() => ({ body: { version: 8 } }));
    session.resolveConflict('this');
    await pass(session, 2);
    expect(sentTo(sent, '/draft')[0]?.body).toEqual({ epoch: 1, version: 8, draft: { mine: true } });
  });

  it('W18 the other draft can be taken instead', async () => {
    fakeServer(() => ({ status: 409, body: { code: 'draft_conflict', version: 7, draft: { other: true } } }));
    const session = open();
    session.draftChanged({ mine: true });
    await pass(session, 2);
    session.resolveConflict('other');
    expect(onDraftReplaced).toHaveBeenCalledWith({ other: true });
    expect(session.getSnapshot().conflict).toBeNull();
  });

  it('W21 that was sent while the page closed is no other draft, whatever the order of its members', async () => {
    const device = { draft: { a: 1, b: [2] }, baseVersion: 3, ahead: true, savedAtMs: 0 };
    expect(chooseDraft(claimOf({ draft: { b: [2], a: 1 }, draft_version: 4 }), device)).toMatchObject({
      ahead: false,
      conflict: null,
    });

    let version = 1;
    fakeServer(({ body }) => {
      const sent = (body as { version: number }).version;
      if (sent !== version + 1) {
        return { status: 409, body: { code: 'draft_conflict', version, draft: { mine: true } } };
      }
      version = sent;
      return { body: { version } };
    });
    const session = open();
    session.draftChanged({ mine: true });
    await pass(session, 4);
    expect(session.getSnapshot().conflict).toBeNull();
    expect(session.getSnapshot().save).toBe('saved');
    expect(version).toBe(2);
  });

  it('to open with is the newest by version, never by clock', () => {
    const stored = { draft: 'device', savedAtMs: 0 };
    const claim = claimOf({ draft: 'server', draft_version: 3 });
    expect(chooseDraft(claim, null)).toEqual({ draft: 'server', ahead: false, conflict: null });
    expect(chooseDraft(claim, { ...stored, baseVersion: 3, ahead: true })).toMatchObject({
      draft: 'device',
      ahead: true,
      conflict: null,
    });
    expect(chooseDraft(claim, { ...stored, baseVersion: 3, ahead: false }).draft).toBe('server');
    expect(chooseDraft(claim, { ...stored, baseVersion: 2, ahead: true }).conflict).toEqual({
      version: 3,
      draft: 'server',
    });
  });
});

describe('lease', () => {
  it('W7 a heartbeat says whether the labeler did anything', async () => {
    const sent = fakeServer(() => ({ body: { lease_seconds_left: 800 } }));
    const session = open();
    session.touch();
    await pass(session, HEARTBEAT_SECONDS * 2 + 1);
    expect(sentTo(sent, '/heartbeat').map(({ body }) => body)).toEqual([
      { epoch: 1, active: true },
      { epoch: 1, active: false },
    ]);
    expect(Math.round(session.getSnapshot().leaseSecondsLeft)).toBeLessThanOrEqual(800);
  });

  it.each([
    ['claim_taken_over', 'elsewhere'],
    ['claim_lost', 'lost'],
    ['task_canceled', 'canceled'],
  ])('%s is told at the next heartbeat', async (code, standing) => {
    fakeServer(() => ({ status: 409, body: { code } }));
    const session = open();
    await pass(session, HEARTBEAT_SECONDS);
    expect(session.getSnapshot().standing).toBe(standing);
  });

  it('W17 a second tab is read-only until it takes the claim over', async () => {
    const sent = fakeServer(() => ({
      body: { claim: claimOf({ epoch: 2, draft: { n: 5 }, draft_version: 4 }) },
    }));
    const session = open({ opened_here: false });
    expect(session.getSnapshot().standing).toBe('elsewhere');
    await session.takeOver();
    expect(session.getSnapshot().standing).toBe('active');
    expect(onDraftReplaced).toHaveBeenCalledWith({ n: 5 });
    session.draftChanged({ n: 6 });
    await pass(session, 2);
    expect(sentTo(sent, '/draft')[0]?.body).toEqual({ epoch: 2, version: 5, draft: { n: 6 } });
  });
});

describe('submit', () => {
  it('hands in the answer and goes on with the next task', async () => {
    const next = { next: { claim: claimOf({ claim_id: 'claim2' }), task: null } };
    const sent = fakeServer(() => ({ body: next }));
    const session = open();
    await session.submit({ category: 'a' });
    expect(sentTo(sent, '/submit')[0]?.body).toEqual({ epoch: 1, response: { category: 'a' } });
    expect(onNext).toHaveBeenCalledWith(next);
    expect(session.getSnapshot().standing).toBe('done');
  });

  it('W11 is sent once, however often it is pressed', async () => {
    const sent = fakeServer(() => ({ body: { next: null } }));
    const session = open();
    await Promise.all([session.submit(1), session.submit(1), session.submit(1)]);
    expect(sentTo(sent, '/submit')).toHaveLength(1);
    expect(onNext).toHaveBeenCalledTimes(1);
  });

  it('W19 waits while offline and goes through once', async () => {
    let online = false;
    const sent = fakeServer(() => (online ? { body: { next: null } } : 'offline'));
    const session = open();
    await session.submit(1);
    expect(session.getSnapshot().submit).toBe('queued');
    online = true;
    sent.length = 0;
    await pass(session, 40);
    expect(sentTo(sent, '/submit')).toHaveLength(1);
    expect(onNext).toHaveBeenCalledTimes(1);
  });

  it('shows what the server found wrong, and lets the work go on', async () => {
    const problem = { path: 'category', message: 'Choose one category.' };
    fakeServer(() => ({ status: 400, body: { error: 'The answer is not complete.', errors: [problem] } }));
    const session = open();
    await session.submit({});
    expect(session.getSnapshot().submitFailure?.problems).toEqual([problem]);
    expect(session.getSnapshot().standing).toBe('active');
    session.draftChanged({});
    expect(session.getSnapshot().submitFailure).toBeNull();
  });

  it('W13 tells when the task went to another labeler', async () => {
    fakeServer(() => ({ status: 409, body: { code: 'claim_lost', error: 'Gone.' } }));
    const session = open();
    await session.submit({});
    expect(session.getSnapshot().standing).toBe('lost');
    expect(onNext).not.toHaveBeenCalled();
  });
});
