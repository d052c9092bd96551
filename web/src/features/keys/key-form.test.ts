import { describe, expect, it } from 'vitest';
import { importProblem, keyForm } from './key-form';

const ZEROS = '0'.repeat(32);

describe('case 25 the four vectors of keys', () => {
  it.each([
    [`live_wb${ZEROS}0qqfUM`, 'live', 'API key'],
    [`test_wb${ZEROS}26Ahc7`, 'test', 'API key'],
    [`live_wr${ZEROS}4WjXZM`, 'live', 'restricted key'],
    ['test_wbEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDOh', 'test', 'API key'],
  ])('%s is whole', (text, mode, kind) => {
    expect(keyForm(text)).toEqual({ form: 'own', mode, kind });
  });
});

it.each([
  ['one letter in another case', 'test_wbeXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDOh'],
  ['its last character cut', 'test_wbEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDO'],
  ['two letters swapped', 'test_wbXEAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDOh'],
  ['another mode before it', 'live_wbEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDOh'],
  ['another kind', 'test_wcEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDOh'],
  ['a character behind it', 'test_wbEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDOhh'],
])('case 24 finds a key with %s', (_what, text) => {
  expect(keyForm(text).form).toBe('damaged');
});

it('leaves other keys alone', () => {
  expect(keyForm('live_ScaleRocks')).toEqual({ form: 'foreign' });
  expect(keyForm('')).toEqual({ form: 'foreign' });
});

it('says why a key cannot be imported', () => {
  expect(importProblem('live_abcdefghijklmnop', 'live')).toBeNull();
  expect(importProblem('0123456789abcdefghij', 'test')).toBeNull();
  expect(importProblem('live_abcdefghijklmnop', 'test')).toContain('says "live"');
  expect(importProblem('abcdefghijklmnopq|test', 'live')).toContain('says "test"');
  expect(importProblem('live_ScaleRocks', 'live')).toContain('20 to 255');
  expect(importProblem('aaaaaaaaaaaaaaaaaaaaaaaa', 'live')).toContain('8 different');
  expect(importProblem('abcdefghij klmnopqrst', 'live')).toContain('spaces');
  expect(importProblem('abcdefghij:klmnopqrst', 'live')).toContain('without ":"');
  expect(importProblem('test_wbEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDO', 'test')).toContain('cut off');
});
