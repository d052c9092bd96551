import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import type { ImageObject } from './draft';
import styles from './ObjectList.module.css';
import { displayOf, type ImageParams } from './params';

const ROW_PX = 32;
/** Rows drawn above and below what is in view. */
const SPARE_ROWS = 6;

interface ObjectListProps {
  objects: ImageObject[];
  params: ImageParams;
  colourOf: (label: string | null) => string;
  selectedId: string | null;
  hidden: ReadonlySet<string>;
  isLocked: (object: ImageObject) => boolean;
  /** Objects that keep the answer from being submitted. */
  wrong: ReadonlySet<string>;
  onSelect: (uuid: string | null) => void;
}

/** The objects as a list: what the canvas shows, for keys and screen readers. Only rows in view are drawn. */
export function ObjectList(props: ObjectListProps) {
  const { objects, selectedId, onSelect } = props;
  const box = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState({ top: 0, height: 320 });
  const id = useId();
  const selectedIndex = objects.findIndex((object) => object.uuid === selectedId);

  useEffect(() => {
    const element = box.current;
    if (!element || selectedIndex < 0) return;
    const top = selectedIndex * ROW_PX;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW_PX > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + ROW_PX - element.clientHeight;
    }
  }, [selectedIndex]);

  function onKeyDown(event: KeyboardEvent) {
    const last = objects.length - 1;
    const next = {
      ArrowDown: Math.min(last, selectedIndex + 1),
      ArrowUp: selectedIndex < 0 ? last : Math.max(0, selectedIndex - 1),
      Home: 0,
      End: last,
    }[event.key];
    const object = next === undefined ? undefined : objects[next];
    if (!object) return;
    event.preventDefault();
    onSelect(object.uuid);
  }

  const first = Math.max(0, Math.floor(scroll.top / ROW_PX) - SPARE_ROWS);
  const end = Math.min(objects.length, Math.ceil((scroll.top + scroll.height) / ROW_PX) + SPARE_ROWS);

  return (
    <div
      ref={box}
      role="listbox"
      aria-label="Objects"
      aria-activedescendant={
        selectedIndex >= first && selectedIndex < end ? `${id}-${selectedIndex}` : undefined
      }
      tabIndex={0}
      className={styles.list}
      onKeyDown={onKeyDown}
      onScroll={(event) => {
        const { scrollTop, clientHeight } = event.currentTarget;
        setScroll({ top: scrollTop, height: clientHeight });
      }}
    >
      <div role="presentation" className={styles.rows} style={{ height: objects.length * ROW_PX }}>
        {objects.slice(first, end).map((object, offset) => (
          <Row
            key={object.uuid}
            {...props}
            object={object}
            index={first + offset}
            id={`${id}-${first + offset}`}
          />
        ))}
      </div>
    </div>
  );
}

function Row({
  object,
  index,
  id,
  params,
  colourOf,
  selectedId,
  hidden,
  isLocked,
  wrong,
  onSelect,
  objects,
}: ObjectListProps & { object: ImageObject; index: number; id: string }) {
  const label = object.label === null ? 'no label' : displayOf(params, object.label);
  const notes = [hidden.has(object.uuid) && 'hidden', isLocked(object) && 'locked'].filter(Boolean);
  const isWrong = wrong.has(object.uuid);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list box has the keys for all its options
    <div
      id={id}
      role="option"
      aria-selected={object.uuid === selectedId}
      aria-posinset={index + 1}
      aria-setsize={objects.length}
      tabIndex={-1}
      data-problem-path={`annotations[${index}]`}
      className={isWrong ? `${styles.row} ${styles.wrong}` : styles.row}
      style={{ top: index * ROW_PX }}
      onClick={() => onSelect(object.uuid)}
      onFocus={() => onSelect(object.uuid)}
    >
      <svg width="12" height="12" aria-hidden="true" className={styles.swatch}>
        <rect width="12" height="12" rx="2" fill={colourOf(object.label)} />
      </svg>
      <span className={styles.name}>
        {`${index + 1}. ${params.withLabels ? `${label}, ` : ''}${object.geometry.type}`}
        {notes.length > 0 && `, ${notes.join(', ')}`}
        {isWrong && ', incomplete'}
      </span>
    </div>
  );
}
