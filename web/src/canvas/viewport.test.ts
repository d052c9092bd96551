import { expect, it } from 'vitest';
import { fitPicture, keepInSight, toPicture, toStage, zoomAt } from './viewport';

const picture = { width: 800, height: 600 };
const stage = { width: 1000, height: 500 };

it('fits the whole picture into the middle of the stage', () => {
  const viewport = fitPicture(picture, stage);
  const topLeft = toStage(viewport, { x: 0, y: 0 });
  const bottomRight = toStage(viewport, { x: 800, y: 600 });
  expect(topLeft.y).toBeCloseTo(500 - bottomRight.y);
  expect(topLeft.x).toBeCloseTo(1000 - bottomRight.x);
  expect(topLeft.y).toBeGreaterThanOrEqual(0);
});

it('zooms at the pointer: what lies under it stays there', () => {
  const before = fitPicture(picture, stage);
  const pointer = { x: 333, y: 222 };
  const after = zoomAt(before, pointer, 3.7);
  expect(after.scale).toBeCloseTo(before.scale * 3.7);
  expect(toPicture(after, pointer).x).toBeCloseTo(toPicture(before, pointer).x);
  expect(toPicture(after, pointer).y).toBeCloseTo(toPicture(before, pointer).y);
});

it('does not let the picture get lost', () => {
  const lost = keepInSight({ scale: 1, offsetX: 99_999, offsetY: -99_999 }, picture, stage);
  expect(lost.offsetX).toBeLessThan(stage.width);
  expect(lost.offsetY + picture.height).toBeGreaterThan(0);
});
