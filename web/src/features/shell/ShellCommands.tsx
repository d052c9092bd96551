import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { Mode } from '../../api/types';
import { type Shortcut, type ShortcutTable, useShortcuts } from '../../ui/shortcuts';
import { can, useSession } from '../session/use-session';
import { pageActions } from './page-actions';
import { PAGES } from './palette';
import { useModeSwitch } from './use-mode-switch';

const CommandPalette = lazy(() =>
  import('./CommandPalette').then((module) => ({ default: module.CommandPalette })),
);
const ShortcutDialog = lazy(() =>
  import('../../ui/ShortcutDialog').then((module) => ({ default: module.ShortcutDialog })),
);

export type ShellDialog = 'search' | 'shortcuts';

interface ShellCommandsProps {
  mode: Mode;
  table: ShortcutTable;
  dialog: ShellDialog | null;
  onDialog: (dialog: ShellDialog | null) => void;
}

/** The keys of all pages, and the dialogs that they open. */
export function ShellCommands({ mode, table, dialog, onDialog }: ShellCommandsProps) {
  const session = useSession();
  const navigate = useNavigate();
  const switchMode = useModeSwitch(mode);
  const group = 'Everywhere';
  useShortcuts([
    { keys: ['Mod+K'], name: 'Search', group, run: () => onDialog('search') },
    { keys: ['?'], name: 'Keyboard shortcuts', group, run: () => onDialog('shortcuts') },
    { keys: ['/'], name: 'To the filter', group, run: focusFilter },
    { keys: ['J'], name: 'Next row', group: 'Lists', run: () => moveRow(1) },
    { keys: ['K'], name: 'Row before', group: 'Lists', run: () => moveRow(-1) },
    ...PAGES.flatMap(({ name, href, capability, letter }): Shortcut[] =>
      letter === undefined || (capability !== undefined && !can(session, capability))
        ? []
        : [{ keys: [`G ${letter}`], name, group: 'Go to', run: () => void navigate({ href: href(mode) }) }],
    ),
  ]);
  const other = mode === 'live' ? 'test' : 'live';
  const close = () => onDialog(null);
  return (
    <Suspense fallback={null}>
      {dialog === 'search' && (
        <CommandPalette
          mode={mode}
          actions={[
            ...pageActions(),
            { id: 'switch', name: `Switch to ${other} mode`, kind: 'action', run: () => void switchMode() },
            { id: 'keys', name: 'Keyboard shortcuts', kind: 'action', run: () => onDialog('shortcuts') },
          ]}
          onClose={close}
        />
      )}
      {dialog === 'shortcuts' && <ShortcutDialog table={table} onClose={close} />}
    </Suspense>
  );
}

function focusFilter(): void {
  document.querySelector<HTMLElement>('main form input, main form select, main input')?.focus();
}

/** Puts the focus on the link of the next row or the one before, in the first table of the page. */
function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll('main tbody tr')];
  const links = rows.flatMap((row) => row.querySelector<HTMLElement>('a[href]') ?? []);
  const at = links.findIndex((link) => link.closest('tr')?.contains(document.activeElement));
  const next = at === -1 ? (step === 1 ? 0 : links.length - 1) : at + step;
  links[next]?.focus();
}
