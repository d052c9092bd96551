import { useRef } from 'react';
import type { Area } from '../../canvas/geometry/area';
import { boundsOf, dragHandle, move, settle } from '../../canvas/geometry/geometry';
import { newUuid } from '../../lib/uuid';
import type { ChangeOptions } from '../definition';
import {
  addObject,
  changeObject,
  type ImageDraft,
  type ImageObject,
  removeObject,
  reorderObject,
  settleOptionsFor,
} from './draft';
import type { ImageParams } from './params';

const DUPLICATE_OFFSET_PX = 10;

interface ObjectCommandOptions {
  params: ImageParams;
  draft: ImageDraft;
  area: Area;
  selected: ImageObject | null;
  readOnly: boolean;
  isLocked: (object: ImageObject) => boolean;
  hidden: ReadonlySet<string>;
  locked: ReadonlySet<string>;
  setHidden: (hidden: ReadonlySet<string>) => void;
  setLocked: (locked: ReadonlySet<string>) => void;
  select: (uuid: string | null) => void;
  change: (draft: ImageDraft, options?: ChangeOptions) => void;
  announce: (text: string) => void;
}

export type ObjectCommands = ReturnType<typeof useObjectCommands>;

/** What can be done to the selected object, by button or by key. */
export function useObjectCommands(options: ObjectCommandOptions) {
  const { params, draft, area, selected, readOnly, isLocked, hidden, locked, select, change, announce } =
    options;
  const copied = useRef<ImageObject | null>(null);

  /** Why the selected object cannot be changed; false when it can. */
  const changeRefused: string | false = !selected
    ? 'Select an object first.'
    : readOnly
      ? 'The task is not open here.'
      : selected.base && !params.mayEditBase
        ? 'This object came with the task and may not be changed.'
        : isLocked(selected)
          ? 'This object is locked.'
          : false;
  const deleteRefused: string | false =
    changeRefused ||
    (selected?.base && !params.mayDeleteBase && 'This object came with the task and must stay.') ||
    false;

  function transform(step: (object: ImageObject) => ImageObject['geometry']) {
    if (!selected) return;
    if (changeRefused) {
      announce(changeRefused);
      return;
    }
    change(changeObject(draft, selected.uuid, { geometry: step(selected) }), {
      mergeKey: `move ${selected.uuid}`,
    });
  }

  function insertCopy(original: ImageObject, offsetPx: number) {
    if (readOnly || !params.mayAddObjects) return;
    const settleOptions = settleOptionsFor(params, original.geometry.type, area);
    const copy = {
      ...original,
      uuid: newUuid(),
      base: false,
      geometry: move(original.geometry, offsetPx, offsetPx, settleOptions),
    };
    change(addObject(draft, copy));
    select(copy.uuid);
  }

  return {
    changeRefused,
    deleteRefused,
    remove() {
      if (!selected) return;
      if (deleteRefused) {
        announce(deleteRefused);
        return;
      }
      const index = draft.objects.findIndex((object) => object.uuid === selected.uuid);
      const next = draft.objects[index + 1] ?? draft.objects[index - 1];
      change(removeObject(draft, selected.uuid));
      select(next?.uuid ?? null);
      announce('Object deleted.');
    },
    moveBy(dx: number, dy: number) {
      transform(({ geometry }) => move(geometry, dx, dy, settleOptionsFor(params, geometry.type, area)));
    },
    /** Moves the right or bottom edge of a box. */
    resizeBy(dx: number, dy: number) {
      transform(({ geometry }) => {
        if (geometry.type !== 'box') return geometry;
        const { left, top, right, bottom } = boundsOf(geometry);
        const corner = { x: Math.max(left + 1, right + dx), y: Math.max(top + 1, bottom + dy) };
        const resized = dragHandle(geometry, { x: 'right', y: 'bottom' }, corner);
        return settle(resized, settleOptionsFor(params, 'box', area));
      });
    },
    copy() {
      if (selected) {
        copied.current = selected;
        announce('Object copied.');
      }
    },
    paste() {
      if (copied.current) insertCopy(copied.current, 0);
    },
    duplicate() {
      if (selected) insertCopy(selected, DUPLICATE_OFFSET_PX);
    },
    reorder(step: 1 | -1) {
      if (selected && !changeRefused) change(reorderObject(draft, selected.uuid, step));
    },
    toggleHidden() {
      if (selected) options.setHidden(toggled(hidden, selected.uuid));
    },
    toggleAllHidden() {
      options.setHidden(hidden.size > 0 ? new Set() : new Set(draft.objects.map((object) => object.uuid)));
    },
    toggleLocked() {
      if (selected) options.setLocked(toggled(locked, selected.uuid));
    },
    toggleAllLocked() {
      options.setLocked(locked.size > 0 ? new Set() : new Set(draft.objects.map((object) => object.uuid)));
    },
  };
}

function toggled(set: ReadonlySet<string>, uuid: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(uuid)) next.add(uuid);
  return next;
}
