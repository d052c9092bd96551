import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { loadTaskType, taskTypeNames } from './registry';

/** Folders of the server's task types that are shared code and no type. */
const SHARED = ['annotation_engine'];

it('has a workspace for every task type that the server serves, and for no other', () => {
  const folder = resolve(import.meta.dirname, '../../../crates/domain/src/task_types');
  const served = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !SHARED.includes(entry.name))
    .map((entry) => entry.name);
  expect(taskTypeNames().sort()).toEqual(served.sort());
});

it('loads a definition by name, and none for a type that it does not know', async () => {
  expect(await loadTaskType('categorization')).not.toBeNull();
  expect(await loadTaskType('videoannotation')).toBeNull();
  expect(await loadTaskType('constructor')).toBeNull();
});
