import { expect, it } from 'vitest';
import { excerpt, guideEntries, operationEntries, search } from './search-index';

const entries = [
  ...guideEntries(
    'authentication',
    'Authentication',
    '# Authentication\n\nEvery request carries a key.\n\n## The header by hand\n\nEncode it in Base64.\n',
  ),
  ...guideEntries(
    'callbacks',
    'Callbacks',
    '# Callbacks\n\n## Answer quickly\n\nA header comes with a callback.\n',
  ),
  ...operationEntries({
    paths: {
      '/v1/batches/{name}/finalize': {
        post: { operationId: 'finalize_batch', summary: 'Finalize a batch', tags: ['Batches'] },
      },
      '/healthz': { get: { summary: 'not an operation of the API' } },
    },
  }),
];

const titles = (query: string) => search(entries, query).map(({ title }) => title);

it('finds what has every word, in any case', () => {
  expect(titles('BASE64 encode')).toEqual(['The header by hand']);
  expect(titles('base64 callback')).toEqual([]);
});

it('puts a heading before a mention in the text', () => {
  expect(titles('header')).toEqual(['The header by hand', 'Answer quickly']);
});

it('finds by the beginning of a word', () => expect(titles('encod')).toEqual(['The header by hand']));

it('finds an operation by its words and its path', () => {
  const wanted = { path: '/docs/reference', hash: 'operations-Batches-finalize_batch' };
  expect(search(entries, 'finalize')).toMatchObject([wanted]);
  expect(search(entries, '/v1/batches')).toMatchObject([wanted]);
});

it('finds nothing for nothing', () => {
  expect(titles('')).toEqual([]);
  expect(titles(' / ')).toEqual([]);
});

it('leads to the section', () => {
  expect(search(entries, 'base64')).toMatchObject([
    { path: '/docs/authentication', hash: 'the-header-by-hand' },
  ]);
});

it('shows the words around the hit', () => {
  const entry = {
    path: '',
    hash: '',
    place: '',
    title: '',
    text: `${'before '.repeat(30)}needle${' after'.repeat(30)}`,
  };
  expect(excerpt(entry, 'needle')).toMatch(/^… .*needle.* …$/);
  expect(excerpt({ ...entry, text: 'short' }, 'short')).toBe('short');
});
