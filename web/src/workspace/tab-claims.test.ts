import { beforeEach, expect, it } from 'vitest';
import { claimOf } from '../testing/work-task';
import { isTabClaim, rememberTabClaim } from './tab-claims';

beforeEach(() => sessionStorage.clear());

it('W8 a tab that comes back to its own claim is no second tab', () => {
  rememberTabClaim('claim1', 1);
  expect(isTabClaim(claimOf({ epoch: 1 }))).toBe(true);
});

it('W17 a tab whose claim was taken over does not take it back by itself', () => {
  rememberTabClaim('claim1', 1);
  expect(isTabClaim(claimOf({ epoch: 2 }))).toBe(false);
  expect(isTabClaim(claimOf({ claim_id: 'claim2' }))).toBe(false);
});
