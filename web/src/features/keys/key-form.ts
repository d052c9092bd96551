/**
 * The form of a key, checked without the server (authentication.md 2.1): mode, kind, 32 characters, and a CRC-32 of
 * all before it in base 62. It finds what was cut off or mistyped; it says nothing about whether the key exists.
 */
import type { Mode } from '../../api/types';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BODY_LENGTH = 32;
const TAIL_LENGTH = 6;

export type KeyKind = 'API key' | 'restricted key' | 'callback auth key';

const KINDS: Record<string, KeyKind> = { wb: 'API key', wr: 'restricted key', wc: 'callback auth key' };

export type KeyForm =
  | { form: 'own'; mode: Mode; kind: KeyKind }
  /** It starts like one of ours and is not whole. */
  | { form: 'damaged'; mode: Mode; kind: KeyKind }
  | { form: 'foreign' };

/** What the text of a key says about itself. */
export function keyForm(text: string): KeyForm {
  const start = /^(live|test)_(w[brc])/.exec(text);
  const mode = start?.[1] as Mode | undefined;
  const kind = KINDS[start?.[2] ?? ''];
  if (!start || mode === undefined || kind === undefined) return { form: 'foreign' };
  const length = start[0].length + BODY_LENGTH + TAIL_LENGTH;
  const whole =
    text.length === length &&
    /^[0-9A-Za-z]+$/.test(text.slice(start[0].length)) &&
    keyTail(text.slice(0, -TAIL_LENGTH)) === text.slice(-TAIL_LENGTH);
  return { form: whole ? 'own' : 'damaged', mode, kind };
}

/** The last six characters of a key, from all before them. */
export function keyTail(text: string): string {
  let rest = crc32(text);
  let tail = '';
  for (let place = 0; place < TAIL_LENGTH; place += 1) {
    tail = ALPHABET.charAt(rest % 62) + tail;
    rest = Math.floor(rest / 62);
  }
  return tail;
}

/** CRC-32 as zlib computes it, of ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    crc ^= text.charCodeAt(index);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The shortest and longest text that can be imported, and how many different characters it needs. */
const IMPORT_LENGTH_MIN = 20;
const IMPORT_LENGTH_MAX = 255;
const IMPORT_DISTINCT_MIN = 8;

/** Why a key cannot be imported into a mode, or null. The server has the last word. */
export function importProblem(text: string, mode: Mode): string | null {
  if (text === '') return 'Key is required.';
  if (/\s/.test(text)) return 'A key has no spaces or line breaks.';
  if (!/^[!-~]+$/.test(text) || text.includes(':')) return 'A key is visible ASCII characters without ":".';
  if (text.length < IMPORT_LENGTH_MIN || text.length > IMPORT_LENGTH_MAX) {
    return `A key has ${IMPORT_LENGTH_MIN} to ${IMPORT_LENGTH_MAX} characters; this text has ${text.length}.`;
  }
  if (new Set(text).size < IMPORT_DISTINCT_MIN) {
    return `A key has at least ${IMPORT_DISTINCT_MIN} different characters.`;
  }
  const read = keyForm(text);
  if (read.form === 'damaged') {
    return `This starts like a ${read.mode} ${read.kind} but is mistyped or cut off: its last six characters do not fit.`;
  }
  const said = /^(live|test)_/.exec(text)?.[1] ?? /\|(live|test)$/.exec(text)?.[1];
  if (said !== undefined && said !== mode)
    return `This key says "${said}"; it cannot be imported into ${mode} mode.`;
  return null;
}
