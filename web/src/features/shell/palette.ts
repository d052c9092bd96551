/** What the search over everything finds: pages, actions, projects by name, a task or a callback by its id. */
import type { Capability, Mode, Project } from '../../api/types';

export interface Page {
  name: string;
  /** Its address; the part before the mode's pages is the mode. */
  href: (mode: Mode) => string;
  /** Who has it; a page without one is for all. */
  capability?: Capability;
  /** Opens it after `g`. */
  letter?: string;
}

export const PAGES: Page[] = [
  { name: 'Home', href: (mode) => `/${mode}`, capability: 'view_tasks', letter: 'H' },
  { name: 'Projects', href: (mode) => `/${mode}/projects`, capability: 'view_tasks', letter: 'P' },
  { name: 'Tasks', href: (mode) => `/${mode}/tasks`, capability: 'view_tasks', letter: 'T' },
  { name: 'Work', href: () => '/live/label', capability: 'label_tasks', letter: 'W' },
  { name: 'Callbacks', href: (mode) => `/${mode}/callbacks`, capability: 'view_callbacks', letter: 'C' },
  { name: 'Callback verifier', href: (mode) => `/${mode}/callbacks/verify`, capability: 'view_callbacks' },
  { name: 'Test receiver', href: (mode) => `/${mode}/callbacks/receiver`, capability: 'view_callbacks' },
  { name: 'Usage', href: (mode) => `/${mode}/usage`, capability: 'view_usage', letter: 'U' },
  { name: 'API Keys', href: (mode) => `/${mode}/api-keys`, capability: 'see_api_keys', letter: 'K' },
  { name: 'Team', href: () => '/settings/team', capability: 'see_team' },
  { name: 'Account', href: () => '/settings/account', capability: 'rename_account' },
  { name: 'Callback settings', href: () => '/settings/callbacks', capability: 'set_callback_settings' },
  { name: 'Audit', href: () => '/settings/audit', capability: 'read_audit' },
  { name: 'Profile', href: () => '/profile' },
  { name: 'Security', href: () => '/settings/security' },
  { name: 'Docs', href: () => '/docs', letter: 'D' },
];

export interface Entry {
  id: string;
  name: string;
  kind: 'page' | 'action' | 'project' | 'task' | 'callback';
  /** Where it leads; an action does something instead. */
  href?: string;
  run?: () => void;
}

interface Searched {
  mode: Mode;
  can: (capability: Capability) => boolean;
  projects: Project[];
  actions: Entry[];
}

const SHOWN_MAX = 30;
const TASK_ID = /^[0-9a-f]{24}$/i;
const CALLBACK_ID = /^cb_[0-9a-f]{24}$/i;

/** Entries for a text, the best first. */
export function findEntries(text: string, { mode, can, projects, actions }: Searched): Entry[] {
  const wanted = text.trim();
  const entries: Entry[] = [
    ...PAGES.filter(({ capability }) => capability === undefined || can(capability)).map(
      ({ name, href }): Entry => ({ id: `page-${name}`, name, kind: 'page', href: href(mode) }),
    ),
    ...actions,
    ...projects.map(
      ({ id, name }): Entry => ({
        id: `project-${id}`,
        name,
        kind: 'project',
        href: `/${mode}/projects/${encodeURIComponent(name)}`,
      }),
    ),
  ];
  const words = wanted.toLowerCase().split(/\s+/);
  const found = entries.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  const begins = ({ name }: Entry) => name.toLowerCase().startsWith(wanted.toLowerCase());
  const sorted = [...found.filter(begins), ...found.filter((entry) => !begins(entry))].slice(0, SHOWN_MAX);
  if (CALLBACK_ID.test(wanted) && can('view_callbacks')) {
    const href = `/${mode}/callbacks/${wanted.toLowerCase()}`;
    return [{ id: 'callback', name: `Callback ${wanted}`, kind: 'callback', href }, ...sorted];
  }
  if (!TASK_ID.test(wanted) || !can('view_tasks')) return sorted;
  const href = `/${mode}/tasks/${wanted.toLowerCase()}`;
  return [{ id: 'task', name: `Task ${wanted}`, kind: 'task', href }, ...sorted];
}
