/** One short message that the next page shows above its content, such as why one landed there. */
let current: string | null = null;
const listeners = new Set<() => void>();

export function showNotice(text: string | null): void {
  current = text;
  for (const listener of listeners) listener();
}

export function currentNotice(): string | null {
  return current;
}

export function subscribeNotice(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
