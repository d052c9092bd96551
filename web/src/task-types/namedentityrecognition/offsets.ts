/**
 * Offsets into a text. Answers count Unicode code points, as Python does; the browser counts UTF-16 units, and an
 * emoji is two of those. Here "offset" is always in code points and "unit" in UTF-16 units.
 */
export class TextOffsets {
  readonly text: string;
  /** Unit at which each code point begins, and the length at the end. */
  private readonly units: Uint32Array;

  constructor(text: string) {
    this.text = text;
    const units: number[] = [];
    let unit = 0;
    for (const character of text) {
      units.push(unit);
      unit += character.length;
    }
    units.push(unit);
    this.units = Uint32Array.from(units);
  }

  /** Number of code points. */
  get length(): number {
    return this.units.length - 1;
  }

  toUnit(offset: number): number {
    return this.units[Math.min(Math.max(0, offset), this.length)] ?? 0;
  }

  /** The code point that the unit belongs to. */
  toOffset(unit: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.units[middle] ?? 0) <= unit) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** What a Python slice `text[start:end]` gives. */
  slice(start: number, end: number): string {
    return this.text.slice(this.toUnit(start), this.toUnit(end));
  }
}

export interface UnitRange {
  start: number;
  end: number;
}

/**
 * Widens a selection to whole words, or with `exact` only so far that no character that people see as one is cut.
 * White space at the ends is left out. Null when nothing is left. Looks at the lines around the selection only.
 */
export function snapSelection(text: string, range: UnitRange, exact: boolean): UnitRange | null {
  const lineStart = text.lastIndexOf('\n', range.start - 1) + 1;
  const nextBreak = text.indexOf('\n', range.end);
  const around = text.slice(lineStart, nextBreak === -1 ? text.length : nextBreak);
  let start = range.start;
  let end = range.end;
  const granularity = exact ? 'grapheme' : 'word';
  for (const piece of new Intl.Segmenter(undefined, { granularity }).segment(around)) {
    const from = lineStart + piece.index;
    const to = from + piece.segment.length;
    if (from < range.start && range.start < to) start = from;
    if (from < range.end && range.end < to) end = to;
  }
  while (start < end && /\s/.test(text[start] ?? '')) start += 1;
  while (end > start && /\s/.test(text[end - 1] ?? '')) end -= 1;
  return start < end ? { start, end } : null;
}

/** How far a word is looked for at a time, in units. */
const SEARCH_UNITS = 2000;

/**
 * The word after (1) or before (−1) a place of the text, for selecting by keys; null at the end of the text. Signs
 * between words are passed over.
 */
export function nextWord(text: string, unit: number, direction: 1 | -1): UnitRange | null {
  const from = direction === 1 ? unit : Math.max(0, unit - SEARCH_UNITS);
  const to = direction === 1 ? Math.min(text.length, unit + SEARCH_UNITS) : unit;
  let found: UnitRange | null = null;
  for (const piece of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text.slice(from, to))) {
    // What is no word but no white space or sign either, such as an emoji, may be marked too.
    if (!piece.isWordLike && !/[^\s\p{P}]/u.test(piece.segment)) continue;
    found = { start: from + piece.index, end: from + piece.index + piece.segment.length };
    if (direction === 1) return found;
  }
  return found;
}
