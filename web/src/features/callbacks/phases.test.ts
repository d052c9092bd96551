import { expect, it } from 'vitest';
import { phasesOf, phasesText } from './phases';

const LIMITS = { connect_ms: 5000, whole_ms: 15_000, answer_bytes: 65_536 };

it('what is left after connecting is waiting', () => {
  expect(phasesOf({ dns_ms: 3, connect_ms: 12, duration_ms: 495 })).toEqual([
    { name: 'DNS', start_ms: 0, took_ms: 3 },
    { name: 'connect', start_ms: 3, took_ms: 12 },
    { name: 'wait', start_ms: 15, took_ms: 480 },
  ]);
});

it('says nothing of a phase that never came', () => {
  const refused = { dns_ms: 3, connect_ms: null, duration_ms: 5003 };
  expect(phasesOf(refused).map(({ name }) => name)).toEqual(['DNS']);
  expect(phasesText(refused, LIMITS)).toBe('DNS 3 ms; 5 s of 15 s');
  expect(phasesOf({ dns_ms: null, connect_ms: null, duration_ms: null })).toEqual([]);
});

it('says the same in words, against the limits', () => {
  expect(phasesText({ dns_ms: 3, connect_ms: 12, duration_ms: 495 }, LIMITS)).toBe(
    'DNS 3 ms, connect 12 ms of 5 s, wait 480 ms; 495 ms of 15 s',
  );
});
