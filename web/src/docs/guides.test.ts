import { expect, it } from 'vitest';
import { exampleCalls } from './calls';
import { parseGuide, plainText, slugOf } from './guide-sections';
import { GUIDES, loadGuide } from './guides';

const ORIGIN = 'http://127.0.0.1:8080';
const calls = exampleCalls(ORIGIN);
/** Pages that guides may link to and that are no guides. */
const OTHER_PAGES = [
  ...['/docs/reference', '/openapi.json', '/settings/callbacks'],
  ...['/live/api-keys', '/live/callbacks', '/test/callbacks'],
];
const files = Object.keys(import.meta.glob('./guides/*.md'));

async function read(slug: string) {
  const text = await loadGuide(slug, ORIGIN);
  if (text === null) throw new Error(`no guide ${slug}`);
  return { text, guide: parseGuide(text) };
}

it('lists every guide that there is', () => {
  expect(files.toSorted()).toEqual(GUIDES.map(({ slug }) => `./guides/${slug}.md`).toSorted());
});

it('knows no guide that is not listed', async () => {
  expect(await loadGuide('nothing', ORIGIN)).toBeNull();
});

it.each(GUIDES)(
  '$slug has its title, sections with names of their own, and calls that exist',
  async ({ slug, title }) => {
    const { guide } = await read(slug);
    expect(guide.title).toBe(title);
    const ids = guide.sections.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of guide.sections.flatMap((section) => section.calls)) {
      expect(calls.map((call) => call.id)).toContain(id);
    }
  },
);

it('shows every example call in some guide', async () => {
  const shown = await Promise.all(GUIDES.map(async ({ slug }) => (await read(slug)).guide.sections));
  const ids = new Set(shown.flat().flatMap((section) => section.calls));
  expect(calls.map(({ id }) => id).filter((id) => !ids.has(id))).toEqual([]);
});

it.each(GUIDES)('links of $slug lead somewhere', async ({ slug }) => {
  const { text } = await read(slug);
  const targets = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
  for (const target of targets) {
    const [path = '', hash] = target.split('#');
    if (OTHER_PAGES.includes(path)) continue;
    const linked = GUIDES.find((guide) => path === `/docs/${guide.slug}`);
    expect(linked, target).toBeDefined();
    if (hash && linked) {
      expect((await read(linked.slug)).guide.sections.map(({ id }) => id)).toContain(hash);
    }
  }
});

it('makes addresses of headings', () => {
  expect(slugOf("Don't see API Keys?")).toBe('dont-see-api-keys');
  expect(slugOf('Python: scaleapi')).toBe('python-scaleapi');
});

it('takes the words out of lists, tables and code', () => {
  const { sections } = parseGuide(
    '# T\n\n## S\n\n- one `two`\n- three\n\n| a | b |\n| --- | --- |\n| c | **d** |\n',
  );
  expect(sections[1]?.blocks.map((token) => plainText([token]))).toEqual(['one two\nthree', 'a b\nc d']);
});
