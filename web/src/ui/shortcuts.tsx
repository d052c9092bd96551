/**
 * Keys. Each screen adds its own; one handler runs them, and the key list is made from the same table, so that it can
 * never say anything else.
 */
import { createContext, type ReactNode, useContext, useEffect, useRef } from 'react';

export interface Shortcut {
  /**
   * As `keyName` spells them: "Mod+Enter", "Shift+S", "1", "?"; "G H" is one after the other. The first is the one that
   * is shown.
   */
  keys: string[];
  name: string;
  group: string;
  run: (event: KeyboardEvent) => void;
}

/** A key press as text. `Mod` is Ctrl, or Cmd on a Mac; Shift counts where it does not choose the character. */
export function keyName(event: KeyboardEvent): string {
  const parts: string[] = [];
  if (event.ctrlKey || event.metaKey) parts.push('Mod');
  if (event.altKey) parts.push('Alt');
  const key = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  if (event.shiftKey && (event.key.length > 1 || key !== key.toLowerCase())) parts.push('Shift');
  parts.push(key);
  return parts.join('+');
}

/** A key as the value of `aria-keyshortcuts`. */
export function ariaKey(key: string): string {
  return key.replace('Mod', 'Control');
}

/** The second key of two must come within this time. */
const SECOND_KEY_MS = 1500;

const SINGLE_KEYS_OFF = 'weighbridge.single-keys-off';

export function singleKeysOff(): boolean {
  try {
    return localStorage.getItem(SINGLE_KEYS_OFF) === '1';
  } catch {
    return false;
  }
}

export function setSingleKeysOff(off: boolean): void {
  try {
    localStorage.setItem(SINGLE_KEYS_OFF, off ? '1' : '0');
  } catch {
    // Without storage the choice cannot be kept.
  }
}

/** Whether the element takes letters, so that a letter must not be a command. */
function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  ) {
    return true;
  }
  return (
    target instanceof HTMLInputElement &&
    !['radio', 'checkbox', 'button', 'submit', 'range'].includes(target.type)
  );
}

/** The keys of text fields that must stay theirs even with Ctrl. */
const TEXT_FIELD_KEYS = new Set(['Mod+C', 'Mod+V', 'Mod+X', 'Mod+A', 'Mod+D']);

/** The keys of buttons, radios and lists that must stay theirs while they have the focus. */
function keepsKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const role = target.getAttribute('role');
  if (target.closest('[data-own-keys]')) return false;
  if (target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement) {
    return key === 'Enter' || key === 'Space';
  }
  if (target instanceof HTMLInputElement || role === 'option' || role === 'listbox' || role === 'radio') {
    return key === 'Space' || key.startsWith('Arrow') || key === 'Enter';
  }
  return false;
}

export class ShortcutTable {
  private readonly sets = new Map<symbol, Shortcut[]>();
  /** The first key of two, and when it came. */
  private first: { key: string; at: number } | null = null;

  set(owner: symbol, shortcuts: Shortcut[]): void {
    this.sets.set(owner, shortcuts);
  }

  delete(owner: symbol): void {
    this.sets.delete(owner);
  }

  all(): Shortcut[] {
    return [...this.sets.values()].flat();
  }

  handle(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return;
    const key = keyName(event);
    const text = takesText(event.target);
    const single = !key.startsWith('Mod+');
    if (text && (single || TEXT_FIELD_KEYS.has(key))) return;
    if (keepsKey(event.target, key)) return;
    if (single && key.length === 1 && key !== '?' && singleKeysOff()) return;
    const before = this.first;
    this.first = null;
    if (before && event.timeStamp - before.at <= SECOND_KEY_MS && this.run(`${before.key} ${key}`, event))
      return;
    if (this.run(key, event)) return;
    if (this.all().some((shortcut) => shortcut.keys.some((keys) => keys.startsWith(`${key} `)))) {
      this.first = { key, at: event.timeStamp };
    }
  }

  /** Runs what has these keys; false where nothing has. */
  private run(keys: string, event: KeyboardEvent): boolean {
    // The newest set comes first: a tool's Escape wins over the screen's.
    for (const shortcuts of [...this.sets.values()].reverse()) {
      const found = shortcuts.find((shortcut) => shortcut.keys.includes(keys));
      if (found) {
        event.preventDefault();
        found.run(event);
        return true;
      }
    }
    return false;
  }
}

const ShortcutContext = createContext<ShortcutTable | null>(null);

export function ShortcutProvider({ table, children }: { table: ShortcutTable; children: ReactNode }) {
  useEffect(() => {
    const handle = (event: KeyboardEvent) => {
      // A dialog has the keyboard to itself.
      if (document.querySelector('dialog[open]')) return;
      table.handle(event);
    };
    window.addEventListener('keydown', handle);
    return () => window.removeEventListener('keydown', handle);
  }, [table]);
  return <ShortcutContext value={table}>{children}</ShortcutContext>;
}

/** Adds keys while the calling component is on the screen. */
export function useShortcuts(shortcuts: Shortcut[]): void {
  const table = useContext(ShortcutContext);
  const owner = useRef(Symbol('shortcuts'));
  useEffect(() => {
    table?.set(owner.current, shortcuts);
  });
  useEffect(() => {
    const key = owner.current;
    return () => table?.delete(key);
  }, [table]);
}
