import { expect, it, vi } from 'vitest';
import { ShortcutTable } from './shortcuts';

function press(table: ShortcutTable, key: string, at: number, target: EventTarget = document.body) {
  const event = new KeyboardEvent('keydown', { key, cancelable: true });
  Object.defineProperty(event, 'timeStamp', { value: at });
  Object.defineProperty(event, 'target', { value: target });
  table.handle(event);
}

function tableOf(keys: Record<string, () => void>) {
  const table = new ShortcutTable();
  table.set(
    Symbol('test'),
    Object.entries(keys).map(([key, run]) => ({ keys: [key], name: key, group: 'g', run })),
  );
  return table;
}

it('runs what has two keys after the second, if it comes soon', () => {
  const home = vi.fn();
  const row = vi.fn();
  const table = tableOf({ 'G H': home, K: row, 'G K': vi.fn() });
  press(table, 'g', 0);
  press(table, 'h', 1400);
  expect(home).toHaveBeenCalledTimes(1);
  press(table, 'g', 3000);
  press(table, 'h', 4600);
  press(table, 'h', 4700);
  expect(home).toHaveBeenCalledTimes(1);
  press(table, 'k', 5000);
  expect(row).toHaveBeenCalledTimes(1);
});

it('prefers the two keys to the second alone', () => {
  const keysPage = vi.fn();
  const row = vi.fn();
  const table = tableOf({ K: row, 'G K': keysPage });
  press(table, 'g', 0);
  press(table, 'k', 100);
  expect(keysPage).toHaveBeenCalledTimes(1);
  expect(row).not.toHaveBeenCalled();
});

it('is idle in a field, but for keys with Ctrl', () => {
  const search = vi.fn();
  const table = tableOf({ '?': search, 'Mod+K': search });
  const field = document.createElement('input');
  press(table, '?', 0, field);
  expect(search).not.toHaveBeenCalled();
  const event = new KeyboardEvent('keydown', { key: 'k', ctrlKey: true });
  Object.defineProperty(event, 'target', { value: field });
  table.handle(event);
  expect(search).toHaveBeenCalledTimes(1);
});
