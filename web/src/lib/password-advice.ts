/** How good a new password looks while it is typed. It only advises: the server alone refuses. */

/** The server's shortest password where nothing else guards the account, in characters. */
const CHARACTERS_MIN = 15;
const CHARACTERS_GOOD = 20;
/** A password of fewer different characters than this is easy to guess however long it is. */
const DIFFERENT_MIN = 6;

export interface PasswordAdvice {
  /** 0 for an empty one to 4 for a very good one. */
  score: 0 | 1 | 2 | 3 | 4;
  text: string;
}

/** `known` are words that a stranger would try first, such as the address and the company. */
export function adviseOnPassword(password: string, known: readonly string[] = []): PasswordAdvice {
  const characters = [...password.normalize('NFC')];
  if (characters.length === 0) {
    return { score: 0, text: `At least ${CHARACTERS_MIN} characters. Several words make a good one.` };
  }
  const missing = CHARACTERS_MIN - characters.length;
  if (missing > 0) {
    return { score: 1, text: `${missing} more ${missing === 1 ? 'character' : 'characters'} needed.` };
  }
  if (isRepeated(characters)) return { score: 1, text: 'It repeats itself.' };
  if (isMostlyKnown(password, known)) {
    return { score: 1, text: 'It is little more than your address or company.' };
  }
  if (new Set(characters).size < DIFFERENT_MIN) {
    return { score: 2, text: 'Long enough; more different characters would be better.' };
  }
  if (characters.length < CHARACTERS_GOOD) return { score: 3, text: 'Good.' };
  return { score: 4, text: 'Very good.' };
}

function isRepeated(characters: string[]): boolean {
  for (let length = 1; length <= characters.length / 3; length += 1) {
    if (characters.every((character, at) => character === characters[at % length])) return true;
  }
  return false;
}

/** Whether fewer than eight characters are left when the known words are taken out. */
function isMostlyKnown(password: string, known: readonly string[]): boolean {
  let rest = password.toLowerCase();
  for (const word of known) {
    // Of an address the part before the @ is what people reuse.
    const core = (word.split('@')[0] ?? '').trim().toLowerCase();
    if (core.length >= 3) rest = rest.replaceAll(core, '');
  }
  return rest !== password.toLowerCase() && [...rest].length < 8;
}
