import { type KeyboardEvent, memo, type PointerEvent, useMemo, useRef } from 'react';
import styles from './MarkedText.module.css';
import { nextWord, snapSelection, type UnitRange } from './offsets';
import { cutIntoSegments, linesOf, type Mark } from './segments';

interface MarkedTextProps {
  text: string;
  /** In text order; the selection, if any, under the id `selection`. */
  marks: Mark[];
  colourOf: (id: string) => string;
  selectedId: string | null;
  selection: UnitRange | null;
  onSelectText: (range: UnitRange | null, byPointer: boolean) => void;
  onPress: (id: string | null) => void;
}

export const SELECTION_ID = 'selection';

/** The text as it was given, with its marks as stacked underlines. Dragging or Shift with arrows selects. */
export function MarkedText({
  text,
  marks,
  colourOf,
  selectedId,
  selection,
  onSelectText,
  onPress,
}: MarkedTextProps) {
  const box = useRef<HTMLElement>(null);
  const lines = useMemo(() => linesOf(text), [text]);
  /** Where a selection began, and the end that the keys move. Also after it was marked, the keys go on from here. */
  const cursor = useRef({ anchor: 0, focus: 0 });

  function onPointerUp(event: PointerEvent) {
    const selected = window.getSelection();
    const range =
      selected && !selected.isCollapsed && box.current ? selectedUnits(box.current, selected) : null;
    if (range) {
      selected?.removeAllRanges();
      const snapped = snapSelection(text, range, event.altKey);
      if (snapped) {
        cursor.current = { anchor: snapped.start, focus: snapped.end };
        onSelectText(snapped, true);
      }
      return;
    }
    const pressed = event.target instanceof HTMLElement ? event.target.closest('[data-marks]') : null;
    // Of nested marks the innermost is meant.
    const id = pressed?.getAttribute('data-marks')?.split(' ').at(-1) ?? null;
    onPress(id === SELECTION_ID ? null : id);
  }

  function onKeyDown(event: KeyboardEvent) {
    const direction = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : null;
    if (direction === null || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const extending = event.shiftKey && selection !== null;
    const { anchor, focus } = extending ? cursor.current : { anchor: 0, focus: cursor.current.focus };
    const word = nextWord(text, focus, direction);
    if (word === null) return;
    if (extending) {
      const next = direction === 1 ? word.end : word.start;
      cursor.current = { anchor, focus: next };
      onSelectText(snapSelection(text, ordered(anchor, next), false), false);
    } else {
      cursor.current =
        direction === 1 ? { anchor: word.start, focus: word.end } : { anchor: word.end, focus: word.start };
      onSelectText(word, false);
    }
  }

  return (
    <section
      ref={box}
      aria-label="Text"
      dir="auto"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: words are selected here by keys
      tabIndex={0}
      data-own-keys=""
      data-problem-path="annotations"
      className={styles.text}
      onPointerUp={onPointerUp}
      onKeyDown={onKeyDown}
    >
      {lines.map((line) => (
        <Line
          key={line.start}
          text={text}
          line={line}
          marks={marks.filter((mark) => mark.start < line.end && mark.end > line.start)}
          colourOf={colourOf}
          selectedId={selectedId}
        />
      ))}
    </section>
  );
}

function ordered(a: number, b: number): UnitRange {
  return { start: Math.min(a, b), end: Math.max(a, b) };
}

interface LineProps {
  text: string;
  line: UnitRange;
  marks: Mark[];
  colourOf: (id: string) => string;
  selectedId: string | null;
}

const UNDERLINE_PX = 3;

const Line = memo(
  function Line({ text, line, marks, colourOf, selectedId }: LineProps) {
    return (
      <div className={styles.line}>
        {line.start === line.end && <span data-start={line.start}>{'\u200b'}</span>}
        {cutIntoSegments(line, marks).map((segment) => {
          const content = text.slice(segment.start, segment.end);
          const shown = segment.marks.filter((id) => id !== SELECTION_ID);
          const classes = [
            segment.marks.includes(SELECTION_ID) && styles.selection,
            selectedId !== null && segment.marks.includes(selectedId) && styles.selected,
          ].filter(Boolean);
          return (
            <span
              key={segment.start}
              data-start={segment.start}
              data-marks={segment.marks.length > 0 ? segment.marks.join(' ') : undefined}
              className={classes.join(' ') || undefined}
              style={shown.length > 0 ? underlines(shown.map(colourOf)) : undefined}
            >
              {content}
            </span>
          );
        })}
      </div>
    );
  },
  (a, b) =>
    a.text === b.text &&
    a.line === b.line &&
    a.selectedId === b.selectedId &&
    a.colourOf === b.colourOf &&
    a.marks.length === b.marks.length &&
    a.marks.every((mark, index) => mark === b.marks[index]),
);

/** One line below the other for each mark, the innermost nearest to the letters. */
function underlines(colours: string[]) {
  const layers = colours.toReversed();
  return {
    paddingBottom: layers.length * UNDERLINE_PX,
    backgroundImage: layers.map((colour) => `linear-gradient(${colour}, ${colour})`).join(', '),
    backgroundSize: layers.map(() => `100% ${UNDERLINE_PX - 1}px`).join(', '),
    backgroundPosition: layers
      .map((_, index) => `0 calc(100% - ${(layers.length - 1 - index) * UNDERLINE_PX}px)`)
      .join(', '),
    backgroundRepeat: 'no-repeat',
  };
}

/** The browser's selection as a range of the text. */
function selectedUnits(box: HTMLElement, selection: Selection): UnitRange | null {
  const range = selection.getRangeAt(0);
  if (!box.contains(range.startContainer) || !box.contains(range.endContainer)) return null;
  const start = unitAt(range.startContainer, range.startOffset);
  const end = unitAt(range.endContainer, range.endOffset);
  return start === null || end === null || start === end ? null : ordered(start, end);
}

function unitAt(node: Node, offset: number): number | null {
  if (node.nodeType === Node.TEXT_NODE) {
    const start = node.parentElement?.dataset.start;
    return start === undefined ? null : Number(start) + offset;
  }
  // Between two elements: where the next one begins, or where the last one ends.
  const next = node.childNodes[offset];
  const nextStart = next instanceof HTMLElement ? firstStart(next) : null;
  if (nextStart !== null) return nextStart;
  const before = node.childNodes[offset - 1];
  if (before instanceof HTMLElement) {
    const last = [...before.querySelectorAll<HTMLElement>('[data-start]')].at(-1) ?? before;
    if (last.dataset.start !== undefined) return Number(last.dataset.start) + (last.textContent?.length ?? 0);
  }
  return null;
}

function firstStart(element: HTMLElement): number | null {
  const start = (element.dataset.start ? element : element.querySelector<HTMLElement>('[data-start]'))
    ?.dataset.start;
  return start === undefined ? null : Number(start);
}
