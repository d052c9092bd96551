/** The place where two texts part, for the eye. */
import type { Difference } from './types';

export interface Parted {
  /** What both begin with. */
  same: string;
  /** The first character that differs, made visible; "(end)" where the text is over. */
  mark: string;
  rest: string;
}

/** Characters that show nothing by themselves. */
const VISIBLE: Record<string, string> = {
  ' ': '␣',
  '\n': '↵',
  '\r': '␍',
  '\t': '⇥',
  '\u00a0': '⍽',
  '\ufeff': '(byte order mark)',
};

/** Splits what was expected and what came at the first character that differs. */
export function partAtDifference({ expected, got }: Pick<Difference, 'expected' | 'got'>): {
  expected: Parted;
  got: Parted;
} {
  // By code points, so that no character is cut in two.
  const wanted = [...expected];
  const found = [...got];
  let at = 0;
  while (at < wanted.length && at < found.length && wanted[at] === found[at]) at += 1;
  return { expected: parted(wanted, at), got: parted(found, at) };
}

function parted(characters: string[], at: number): Parted {
  const character = characters[at];
  return {
    same: characters.slice(0, at).join(''),
    mark: character === undefined ? '(end)' : (VISIBLE[character] ?? character),
    rest: characters.slice(at + 1).join(''),
  };
}

/** How old a timestamp is: "3 seconds old", "12 minutes in the future". */
export function ageText(seconds: number): string {
  const words = (n: number, unit: string) => `${n} ${unit}${n === 1 ? '' : 's'}`;
  const age = Math.abs(Math.round(seconds));
  const amount =
    age < 120
      ? words(age, 'second')
      : age < 7200
        ? words(Math.round(age / 60), 'minute')
        : age < 172_800
          ? words(Math.round(age / 3600), 'hour')
          : words(Math.round(age / 86_400), 'day');
  return seconds < 0 ? `${amount} in the future` : `${amount} old`;
}
