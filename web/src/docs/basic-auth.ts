/** How a key becomes an `Authorization` header (RFC 7617), step by step, as the guide Authentication shows it. */

export interface BasicSteps {
  /** The key, a colon, and nothing: the password is blank. */
  joined: string;
  /** `joined` in Base64, the standard alphabet of RFC 4648 part 4. */
  encoded: string;
  /** The value of the header. */
  header: string;
}

/**
 * Encodes a key.
 *
 * @throws Error when the key has a character that no key has: `btoa` would refuse it or encode something else.
 */
export function basicSteps(key: string): BasicSteps {
  const problem = keyProblem(key);
  if (problem) throw new Error(problem);
  const joined = `${key}:`;
  const encoded = btoa(joined);
  return { joined, encoded, header: `Basic ${encoded}` };
}

/** Why a text cannot be a key, or null. The server judges whether it is one. */
export function keyProblem(key: string): string | null {
  if (key === '') return 'Enter an API key.';
  if (/\s/.test(key)) return 'A key has no spaces or line breaks: copy it again, alone.';
  if (key.includes(':')) return 'A key has no colon: the colon is what separates it from the blank password.';
  if (/[^\x21-\x7e]/.test(key)) return 'A key has only ASCII letters, digits and signs.';
  return null;
}

/** The mode that the text of a key tells, or null where only the server knows, as for an imported key. */
export function modeOfKey(key: string): 'live' | 'test' | null {
  for (const mode of ['live', 'test'] as const) {
    if (key.startsWith(`${mode}_`) || key.endsWith(`|${mode}`)) return mode;
  }
  return null;
}
