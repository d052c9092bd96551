import type { UnitRange } from './offsets';

/** A stretch of the text that the same marks cover from end to end. */
export interface Segment {
  start: number;
  end: number;
  /** Marks over it, the outer ones first. */
  marks: string[];
}

export interface Mark extends UnitRange {
  id: string;
}

/** Cuts a range of the text wherever a mark begins or ends. Units are UTF-16. */
export function cutIntoSegments(range: UnitRange, marks: Mark[]): Segment[] {
  const touching = marks.filter((mark) => mark.start < range.end && mark.end > range.start);
  const edges = new Set([range.start, range.end]);
  for (const { start, end } of touching) {
    if (start > range.start) edges.add(start);
    if (end < range.end) edges.add(end);
  }
  const sorted = [...edges].sort((a, b) => a - b);
  return sorted.slice(0, -1).flatMap((start, index) => {
    const end = sorted[index + 1];
    if (end === undefined || end === start) return [];
    return [
      {
        start,
        end,
        marks: touching.filter((mark) => mark.start <= start && mark.end >= end).map((mark) => mark.id),
      },
    ];
  });
}

/** The lines of a text as ranges, each without its line break. */
export function linesOf(text: string): UnitRange[] {
  const lines: UnitRange[] = [];
  let start = 0;
  for (;;) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    lines.push({ start, end: text[end - 1] === '\r' && end > start ? end - 1 : end });
    if (newline === -1) return lines;
    start = newline + 1;
  }
}
