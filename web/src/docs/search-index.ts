/** Search over the guides and the operations of /openapi.json, in the browser. */
import { parseGuide, plainText } from './guide-sections';

export interface SearchEntry {
  /** Where it leads: a path, with a fragment. */
  path: string;
  hash: string;
  /** The guide, or "API reference". */
  place: string;
  title: string;
  text: string;
}

/** One entry for each section of a guide. */
export function guideEntries(slug: string, guideTitle: string, markdown: string): SearchEntry[] {
  return parseGuide(markdown).sections.map(({ id, title, blocks }) => ({
    path: `/docs/${slug}`,
    hash: id,
    place: guideTitle,
    title: title || guideTitle,
    text: blocks.map((token) => plainText([token])).join('\n'),
  }));
}

interface OpenApiDocument {
  paths: Record<string, Record<string, { operationId?: string; summary?: string; tags?: string[] }>>;
}

/** One entry for each operation of the API. */
export function operationEntries(document: OpenApiDocument): SearchEntry[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { operationId }]) => operationId !== undefined)
      .map(([method, { operationId, summary, tags }]) => ({
        path: '/docs/reference',
        hash: operationAnchor(tags?.[0] ?? 'default', operationId ?? ''),
        place: 'API reference',
        title: summary ?? `${method.toUpperCase()} ${path}`,
        text: `${method.toUpperCase()} ${path}`,
      })),
  );
}

/** The fragment of an operation on the reference page. */
export function operationAnchor(tag: string, operationId: string): string {
  return `operations-${tag}-${operationId}`;
}

const RESULTS_MAX = 12;

/** The entries that have every word of the query, the best first. */
export function search(entries: readonly SearchEntry[], query: string): SearchEntry[] {
  const words = wordsOf(query);
  if (words.length === 0) return [];
  return entries
    .map((entry) => ({ entry, score: score(entry, words) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, RESULTS_MAX)
    .map(({ entry }) => entry);
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[\s/{}.,:;?!()"'`]+/)
    .filter(Boolean);
}

const WEIGHTS: readonly (readonly [keyof SearchEntry, number])[] = [
  ['title', 10],
  ['place', 4],
  ['text', 1],
];

/** 0 when a word is missing. A word that begins one of the entry's counts; one that is whole counts double. */
function score(entry: SearchEntry, words: string[]): number {
  let sum = 0;
  for (const word of words) {
    let found = 0;
    for (const [part, weight] of WEIGHTS) {
      const present = wordsOf(entry[part]);
      if (present.includes(word)) found += 2 * weight;
      else if (present.some((one) => one.startsWith(word))) found += weight;
      else if (word.length > 3 && entry[part].toLowerCase().includes(word)) found += weight / 2;
    }
    if (found === 0) return 0;
    sum += found;
  }
  return sum;
}

/** The words around the first hit, for the list of results. */
export function excerpt(entry: SearchEntry, query: string): string {
  const LENGTH = 110;
  const text = entry.text.replace(/\s+/g, ' ').trim();
  const word = wordsOf(query).find((one) => text.toLowerCase().includes(one));
  const at = word === undefined ? 0 : text.toLowerCase().indexOf(word);
  const start = at < 40 ? 0 : text.indexOf(' ', at - 40) + 1;
  const before = start > 0 ? '… ' : '';
  if (start + LENGTH >= text.length) return before + text.slice(start);
  const end = text.lastIndexOf(' ', start + LENGTH);
  return `${before}${text.slice(start, end > start ? end : start + LENGTH)} …`;
}
