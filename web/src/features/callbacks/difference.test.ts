import { expect, it } from 'vitest';
import { ageText, partAtDifference } from './difference';

it('marks the first character that differs, and makes it visible', () => {
  expect(partAtDifference({ expected: '{"a":"b"}', got: '{"a": "b"}' })).toEqual({
    expected: { same: '{"a":', mark: '"', rest: 'b"}' },
    got: { same: '{"a":', mark: '␣', rest: '"b"}' },
  });
});

it('marks the end where one is longer', () => {
  const { expected, got } = partAtDifference({ expected: '{}', got: '{}\n' });
  expect(expected).toEqual({ same: '{}', mark: '(end)', rest: '' });
  expect(got).toEqual({ same: '{}', mark: '↵', rest: '' });
});

it('cuts no character in two', () => {
  expect(partAtDifference({ expected: 'a😀b', got: 'a😁b' }).expected.mark).toBe('😀');
});

it('says how old', () => {
  expect([1, 90, 412, 7200, 200_000, -600].map(ageText)).toEqual([
    ...['1 second old', '90 seconds old', '7 minutes old', '2 hours old', '2 days old'],
    '10 minutes in the future',
  ]);
});
