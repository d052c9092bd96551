/** The guides: their order, names and texts. A text is fetched when it is read or searched. */

export interface Guide {
  slug: string;
  title: string;
  /** One line for the start page and the search. */
  about: string;
}

export interface GuideGroup {
  name: string;
  guides: readonly Guide[];
}

export const GUIDE_GROUPS: readonly GuideGroup[] = [
  {
    name: 'Start',
    guides: [
      {
        slug: 'authentication',
        title: 'Authentication',
        about: 'Where your keys are, and how each request carries one',
      },
      {
        slug: 'first-task',
        title: 'Your first task',
        about: 'Send a task, read its answer, then let a person do one',
      },
      {
        slug: 'test-and-live',
        title: 'Test and live mode',
        about: 'Two separate environments, chosen by the key alone',
      },
    ],
  },
  {
    name: 'Build',
    guides: [
      {
        slug: 'callbacks',
        title: 'Callbacks',
        about: 'Get answers sent to you, and check that we sent them',
      },
      { slug: 'task-types', title: 'Task types', about: 'What people can be asked, each with a call to try' },
      { slug: 'errors', title: 'Errors', about: 'Every status, its meaning and what to do' },
      { slug: 'clients', title: 'Clients', about: 'curl, Python and Node pointed at this server' },
    ],
  },
  {
    name: 'Run',
    guides: [
      { slug: 'roles', title: 'Roles', about: 'Who may see keys, label, and pay' },
      { slug: 'self-hosting', title: 'Self-hosting', about: 'Set up, settings, keys, callbacks, copies' },
    ],
  },
];

export const GUIDES: readonly Guide[] = GUIDE_GROUPS.flatMap(({ guides }) => guides);

const texts = import.meta.glob<string>('./guides/*.md', { query: '?raw', import: 'default' });

/** The Markdown of a guide, with `{{origin}}` filled in; null when there is no such guide. */
export async function loadGuide(slug: string, origin: string): Promise<string | null> {
  const load = texts[`./guides/${slug}.md`];
  if (!load) return null;
  return (await load()).replaceAll('{{origin}}', origin);
}
