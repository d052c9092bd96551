/** How the picture lies on the stage. Shapes are kept in picture pixels; zoom and pan only change this. */
import type { Point } from './geometry/point';

export interface Viewport {
  /** Stage pixels per picture pixel. */
  scale: number;
  /** Where the picture's top left corner lies on the stage. */
  offsetX: number;
  offsetY: number;
}

export interface Size {
  width: number;
  height: number;
}

export const SCALE_MIN = 0.02;
export const SCALE_MAX = 64;
const FIT_MARGIN_PX = 16;

export function toPicture(viewport: Viewport, stage: Point): Point {
  return {
    x: (stage.x - viewport.offsetX) / viewport.scale,
    y: (stage.y - viewport.offsetY) / viewport.scale,
  };
}

export function toStage(viewport: Viewport, picture: Point): Point {
  return {
    x: picture.x * viewport.scale + viewport.offsetX,
    y: picture.y * viewport.scale + viewport.offsetY,
  };
}

/** Zooms so that what lies under the given place of the stage stays there. */
export function zoomAt(viewport: Viewport, stage: Point, factor: number): Viewport {
  const scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, viewport.scale * factor));
  const under = toPicture(viewport, stage);
  return { scale, offsetX: stage.x - under.x * scale, offsetY: stage.y - under.y * scale };
}

export function pan(viewport: Viewport, dx: number, dy: number): Viewport {
  return { ...viewport, offsetX: viewport.offsetX + dx, offsetY: viewport.offsetY + dy };
}

/** The whole picture in the middle of the stage. */
export function fitPicture(picture: Size, stage: Size): Viewport {
  const scale = Math.min(
    SCALE_MAX,
    Math.max(
      SCALE_MIN,
      Math.min(
        (stage.width - 2 * FIT_MARGIN_PX) / picture.width,
        (stage.height - 2 * FIT_MARGIN_PX) / picture.height,
      ),
    ),
  );
  return centred(picture, stage, scale);
}

/** One picture pixel is one stage pixel. */
export function actualSize(picture: Size, stage: Size): Viewport {
  return centred(picture, stage, 1);
}

function centred(picture: Size, stage: Size, scale: number): Viewport {
  return {
    scale,
    offsetX: (stage.width - picture.width * scale) / 2,
    offsetY: (stage.height - picture.height * scale) / 2,
  };
}

/** Keeps a corner of the picture on the stage, so that it cannot get lost. */
export function keepInSight(viewport: Viewport, picture: Size, stage: Size): Viewport {
  const keep = 48;
  const clamp = (offset: number, length: number, room: number) =>
    Math.min(room - keep, Math.max(keep - length * viewport.scale, offset));
  return {
    scale: viewport.scale,
    offsetX: clamp(viewport.offsetX, picture.width, stage.width),
    offsetY: clamp(viewport.offsetY, picture.height, stage.height),
  };
}
