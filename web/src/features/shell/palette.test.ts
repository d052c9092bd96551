import { expect, it } from 'vitest';
import type { Capability, Project } from '../../api/types';
import { findEntries } from './palette';

const project = (name: string): Project => ({
  id: name,
  name,
  type: 'categorization',
  created_at: '2026-11-20T09:00:00Z',
  pending: 0,
  completed: 0,
  canceled: 0,
  error: 0,
  last_task_at: null,
});

const ALL: Capability[] = ['view_tasks', 'view_usage', 'label_tasks', 'see_api_keys', 'see_team'];

function found(text: string, capabilities: Capability[] = ALL) {
  return findEntries(text, {
    mode: 'test',
    can: (capability) => capabilities.includes(capability),
    projects: [project('gate cameras'), project('a/b ü'), project('home videos')],
    actions: [{ id: 'switch', name: 'Switch to live mode', kind: 'action', run: () => undefined }],
  }).map(({ name, href }) => (href === undefined ? name : `${name} ${href}`));
}

it('finds pages, projects and actions by parts of their names, what begins so first', () => {
  expect(found('home')).toEqual(['Home /test', 'home videos /test/projects/home%20videos']);
  expect(found('cam gate')).toEqual(['gate cameras /test/projects/gate%20cameras']);
  expect(found('live mode')).toEqual(['Switch to live mode']);
  expect(found('b ü')).toEqual(['a/b ü /test/projects/a%2Fb%20%C3%BC']);
  expect(found('nothing like it')).toEqual([]);
});

it('opens a task of this mode by its id', () => {
  expect(found('66b0c4d1e5a7f30912ab34cd')).toEqual([
    'Task 66b0c4d1e5a7f30912ab34cd /test/tasks/66b0c4d1e5a7f30912ab34cd',
  ]);
  expect(found('66b0c4d1e5a7f30912ab34cd', ['label_tasks'])).toEqual([]);
});

it('case 53 leads nobody to a page that the role does not have', () => {
  expect(found('', ['label_tasks']).filter((entry) => !entry.includes('projects/'))).toEqual([
    'Work /live/label',
    'Profile /profile',
    'Security /settings/security',
    'Docs /docs',
    'Switch to live mode',
  ]);
});

it('opens a callback of this mode by its id, for those who may see it', () => {
  const id = 'cb_66b0c4d1e5a7f30912ab34ce';
  expect(found(id, ['view_callbacks'])).toEqual([`Callback ${id} /test/callbacks/${id}`]);
  expect(found(id)).toEqual([]);
});
