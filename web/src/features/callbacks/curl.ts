/** A callback as a curl command for a POSIX shell. */
import type { CallbackDetail, Header } from './types';

/** Stands in a value for what is masked. */
const MASK = '…';

/** Headers that curl sets by itself. */
const OF_CURL = new Set(['host', 'content-length', 'connection', 'transfer-encoding']);

/** Headers with a key in them, and the variable that takes the key's place. */
const VARIABLES: Record<string, string> = {
  'scale-callback-auth': 'SCALE_CALLBACK_AUTH',
  'scale-callback-auth-previous': 'SCALE_CALLBACK_AUTH_PREVIOUS',
};

/**
 * Sends the same as the callback did. Keys are variables of the shell: `SCALE_CALLBACK_AUTH` is to be set to the
 * callback auth key; another masked header is a variable of its own name.
 */
export function curlCommand({ method, url, headers, body }: CallbackDetail['request']): string {
  // Braces and brackets would be read as patterns.
  const lines = [`curl --globoff --request ${quoted(method)} ${quoted(url)}`];
  for (const header of headers) {
    if (!OF_CURL.has(header[0].toLowerCase())) lines.push(`--header ${headerWord(header)}`);
  }
  // Not --data-binary: a body that begins with @ would be read as a file's name.
  lines.push(body === null ? '--data-binary @body.json' : `--data-raw ${quoted(body)}`);
  return lines.join(' \\\n  ');
}

function headerWord([name, value]: Header): string {
  const variable = VARIABLES[name.toLowerCase()] ?? (value.includes(MASK) ? variableOf(name) : null);
  if (variable !== null) return `"${name}: $${variable}"`;
  // Without a value curl would leave the header out, unless a semicolon stands for the colon.
  return value === '' ? quoted(`${name};`) : quoted(`${name}: ${value}`);
}

function variableOf(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

/** A word of a POSIX shell, taken letter by letter whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
