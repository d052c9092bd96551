import { expect, it } from 'vitest';
import { filterText, previewText, shareDone, timeLeft } from './replay';
import type { Replay } from './types';

const NOW = Date.parse('2026-11-25T04:00:00.000Z');

function replayOf(change: Partial<Replay> = {}): Replay {
  return {
    ...{ id: 'r1', state: 'running', total: 240, sent: 60, delivered: 52, failed: 8 },
    ...{ created_at: new Date(NOW - 30_000).toISOString(), created_by: 'Ada', filter: { state: 'failed' } },
    ...change,
  };
}

it('case 137 says what a replay would do, and what it cannot', () => {
  expect(previewText({ count: 12, purged: 1, older_states: 3 })).toBe(
    '12 callbacks would be sent again. 3 older states left out: their tasks have told a newer one. ' +
      '1 callback cannot be sent: retention has emptied the body.',
  );
  expect(previewText({ count: 0, purged: 0, older_states: 1 })).toBe(
    'No callback matches. 1 older state left out: its task has told a newer one.',
  );
});

it('tells rate and time left, but no guess from few', () => {
  expect(timeLeft(replayOf(), NOW)).toBe('2.0 a second, about 2 minutes left');
  expect(timeLeft(replayOf({ sent: 3 }), NOW)).toBeNull();
  expect(timeLeft(replayOf({ state: 'paused' }), NOW)).toBeNull();
});

it('knows how far it is', () => {
  expect(shareDone(replayOf())).toBe(0.25);
  expect(shareDone(replayOf({ total: 0, sent: 0, state: 'done' }))).toBe(1);
});

it('names what it sends', () => {
  expect(filterText({ state: 'failed', target: 'https://x:443' })).toBe('failed callbacks, to https://x:443');
  expect(filterText({})).toBe('callbacks');
});
