import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useId, useState } from 'react';
import { projectsQuery } from '../../api/queries';
import type { Mode } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { can, useSession } from '../session/use-session';
import styles from './CommandPalette.module.css';
import { type Entry, findEntries } from './palette';

interface CommandPaletteProps {
  mode: Mode;
  actions: Entry[];
  onClose: () => void;
}

/** Search over everything: type, choose by the arrow keys, open by Enter. */
export function CommandPalette({ mode, actions, onClose }: CommandPaletteProps) {
  const id = useId();
  const session = useSession();
  const navigate = useNavigate();
  const projects = useQuery({ ...projectsQuery(mode), enabled: can(session, 'view_tasks') });
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const entries = findEntries(text, {
    mode,
    can: (capability) => can(session, capability),
    projects: projects.data ?? [],
    actions,
  });
  const at = Math.min(chosen, entries.length - 1);

  function open(entry: Entry | undefined) {
    if (!entry) return;
    onClose();
    if (entry.run) entry.run();
    else if (entry.href !== undefined) void navigate({ href: entry.href });
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    switch (event.key) {
      case 'ArrowDown':
        setChosen((at + 1) % Math.max(1, entries.length));
        break;
      case 'ArrowUp':
        setChosen((at - 1 + entries.length) % Math.max(1, entries.length));
        break;
      case 'Enter':
        open(entries[at]);
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  return (
    <Dialog title="Search" onClose={onClose}>
      <div className={styles.search}>
        <input
          type="text"
          role="combobox"
          aria-label="Page, project or task id"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={entries.length > 0 ? `${id}-${at}` : undefined}
          placeholder="Page, project or task id"
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
        <div id={`${id}-list`} role="listbox" aria-label="Found" className={styles.list}>
          {entries.map((entry, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
            <div
              key={entry.id}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              className={index === at ? `${styles.entry} ${styles.chosen}` : styles.entry}
              ref={index === at ? scrollIntoView : undefined}
              onClick={() => open(entry)}
            >
              <span className={styles.name}>{entry.name}</span>
              <span className={styles.kind}>{entry.kind}</span>
            </div>
          ))}
        </div>
        <p role="status" className={entries.length > 0 ? 'visually-hidden' : undefined}>
          {entries.length === 0 ? 'Nothing found.' : `${entries.length} found.`}
        </p>
      </div>
    </Dialog>
  );
}

function scrollIntoView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' });
}
