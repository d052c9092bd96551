import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { request } from '../api/client';
import { GUIDES, loadGuide } from './guides';
import styles from './SearchBox.module.css';
import { excerpt, guideEntries, operationEntries, type SearchEntry, search } from './search-index';

async function buildIndex(): Promise<SearchEntry[]> {
  const guides = GUIDES.map(async ({ slug, title }) =>
    guideEntries(slug, title, (await loadGuide(slug, window.location.origin)) ?? ''),
  );
  // Without the document the guides are still found.
  const operations = request<Parameters<typeof operationEntries>[0]>('GET', '/openapi.json', undefined, {
    withoutLogIn: true,
  }).then(operationEntries, () => []);
  return (await Promise.all([...guides, operations])).flat();
}

/** The search of the docs. `/` puts the cursor into it; arrows choose, Enter opens, Escape closes. */
export function SearchBox() {
  const id = useId();
  const navigate = useNavigate();
  const field = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState('');
  const [wanted, setWanted] = useState(false);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(0);
  const index = useQuery({
    queryKey: ['docs', 'search'],
    queryFn: buildIndex,
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const results = search(index.data ?? [], query);
  const showing = open && query.trim() !== '';

  useEffect(() => {
    function onKey(event: globalThis.KeyboardEvent) {
      const target = event.target as HTMLElement;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      if (target.closest('input, textarea, select, [contenteditable]')) return;
      event.preventDefault();
      field.current?.focus();
    }
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  function go(entry: SearchEntry) {
    setOpen(false);
    setQuery('');
    field.current?.blur();
    void navigate({ to: entry.path, hash: entry.hash });
  }

  function onKeyDown(event: KeyboardEvent) {
    const entry = results[chosen];
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setOpen(true);
      if (results.length > 0) setChosen((chosen + step + results.length) % results.length);
    } else if (event.key === 'Enter' && showing && entry) {
      event.preventDefault();
      go(entry);
    } else if (event.key === 'Escape') {
      if (showing) setOpen(false);
      else setQuery('');
    }
  }

  return (
    <search className={styles.search}>
      <input
        ref={field}
        type="search"
        role="combobox"
        aria-label="Search the docs"
        aria-expanded={showing && results.length > 0}
        aria-controls={`${id}-results`}
        aria-autocomplete="list"
        aria-activedescendant={showing && results[chosen] ? `${id}-${chosen}` : undefined}
        placeholder="Search the docs"
        aria-keyshortcuts="/"
        autoComplete="off"
        spellCheck={false}
        value={query}
        onFocus={() => {
          setWanted(true);
          setOpen(true);
        }}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setQuery(event.target.value);
          setChosen(0);
          setOpen(true);
        }}
      />
      <span aria-hidden="true" className={styles.hint}>
        /
      </span>
      <div className={styles.float} hidden={!showing}>
        <div id={`${id}-results`} role="listbox" aria-label="Results">
          {results.map((entry, place) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the active option
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys
            <div
              key={`${entry.path}#${entry.hash}`}
              id={`${id}-${place}`}
              role="option"
              aria-selected={place === chosen}
              className={place === chosen ? `${styles.result} ${styles.chosen}` : styles.result}
              onMouseDown={(event) => event.preventDefault()}
              onMouseEnter={() => setChosen(place)}
              onClick={() => go(entry)}
            >
              <span className={styles.title}>{entry.title}</span>
              <span className={styles.place}>{entry.place}</span>
              <span className={styles.text}>{excerpt(entry, query)}</span>
            </div>
          ))}
        </div>
        {index.isSuccess && results.length === 0 && (
          <p className={styles.none}>Nothing has all these words.</p>
        )}
        {index.isPending && <p className={styles.none}>Reading the docs…</p>}
        {index.isError && (
          <p className={styles.none}>The docs could not be searched: {index.error.message}</p>
        )}
      </div>
      <span role="status" className="visually-hidden">
        {showing && index.isSuccess && `${results.length} results`}
      </span>
    </search>
  );
}
