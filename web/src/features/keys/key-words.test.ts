import { expect, it } from 'vitest';
import { keyOf } from '../../testing/keys';
import { laterEnds, receiptText, stillUsedBy } from './key-words';

it('case 34 says in words where a change is in force', () => {
  const by = new Date(2026, 10, 25, 14, 2, 10).toISOString();
  const receipt = (confirmed_by: number, unconfirmed: number) =>
    receiptText({ confirmed_by, unconfirmed, in_force_everywhere_by: by });
  expect(receipt(3, 0)).toBe('In force in 3 of 3 servers.');
  expect(receipt(1, 0)).toBe('In force in 1 of 1 server.');
  expect(receipt(2, 1)).toBe('1 server has not confirmed; in force everywhere by 14:02:10 at the latest.');
  expect(receipt(1, 2)).toBe('2 servers have not confirmed; in force everywhere by 14:02:10 at the latest.');
});

it('case 36 counts the addresses that used a rolled key in the last hour, each once', () => {
  const now = Date.parse('2026-11-25T12:00:00Z');
  const use = (address: string, last_used_at: string) => ({ address, user_agent: null, last_used_at });
  const uses = [
    use('203.0.113.7', '2026-11-25T11:59:00Z'),
    use('203.0.113.7', '2026-11-25T11:20:00Z'),
    use('203.0.113.8', '2026-11-25T11:01:00Z'),
    use('203.0.113.9', '2026-11-25T10:59:00Z'),
  ];
  expect(stillUsedBy(keyOf({ uses }), now)).toBe('2 addresses in the last hour');
  expect(stillUsedBy(keyOf({}), now)).toBe('0 addresses in the last hour');
});

it('case 37 offers no end beyond 30 days after the roll, and none before the present one', () => {
  const now = Date.parse('2026-11-25T12:00:00Z');
  const old = keyOf({ expires_at: '2026-11-26T12:00:00Z' });
  expect(laterEnds(old, '2026-11-25T11:00:00Z', now).map(({ at }) => at)).toEqual([
    '2026-11-28T12:00:00.000Z',
    '2026-12-02T12:00:00.000Z',
    '2026-12-25T11:00:00.000Z',
  ]);
  expect(laterEnds(old, '2026-10-27T12:00:00Z', now)).toEqual([]);
});
