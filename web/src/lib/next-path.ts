/**
 * Where to go after log-in. Only a path of this server is followed: one leading slash, and no `//` or `/\` that a
 * browser would read as another host.
 */
export function safeNextPath(next: string | null | undefined): string {
  if (!next || !/^\/(?![/\\])/.test(next)) return '/';
  // Browsers drop tabs and line breaks from addresses, so `/\t/host` would become `//host`.
  for (const character of next) {
    if (character.charCodeAt(0) < 0x20 || character === '\u007f') return '/';
  }
  return next;
}
