/**
 * The stage: two canvases over each other, the still one with the picture and the shapes at rest, the active one with
 * what is being drawn or changed. Pointer moves touch only the canvases; what lasts is told by the callbacks.
 */
import type { Area } from './geometry/area';
import type { Geometry, GeometryType, SettleOptions } from './geometry/geometry';
import type { Point } from './geometry/point';
import { paintActive, paintShapes, setPictureCoordinates, setStageCoordinates } from './paint';
import type { CanvasShape } from './shape';
import { ShapeIndex } from './shape-index';
import { boxTool } from './tools/box-tool';
import { lineTool, polygonTool } from './tools/path-tool';
import { pointTool } from './tools/point-tool';
import { SELECT_START, type SelectState, selectStep } from './tools/select-tool';
import { type DrawTool, HANDLE_REACH_PX, type ToolEvent, type ToolKey } from './tools/tool';
import {
  actualSize,
  fitPicture,
  keepInSight,
  pan,
  type Size,
  toPicture,
  toStage,
  type Viewport,
  zoomAt,
} from './viewport';

export type ToolName = 'select' | 'pan' | GeometryType;

const DRAW_TOOLS: Record<GeometryType, DrawTool<unknown>> = {
  box: boxTool as DrawTool<unknown>,
  polygon: polygonTool as DrawTool<unknown>,
  line: lineTool as DrawTool<unknown>,
  point: pointTool as DrawTool<unknown>,
};

export interface StageProps {
  shapes: CanvasShape[];
  selectedId: string | null;
  tool: ToolName;
  /** Colour and text of what is being drawn. */
  drawColour: string;
  area: Area;
  readOnly: boolean;
  /** Display only: CSS filter for the picture. */
  pictureFilter: string;
  settleOptions: (id: string) => SettleOptions;
  onDraw: (geometry: Geometry) => void;
  onSelect: (id: string | null) => void;
  onChange: (id: string, geometry: Geometry) => void;
}

const ZOOM_STEP = 1.25;
const WHEEL_ZOOM = 0.0016;
/** When painting all shapes takes longer than this, moving the view shows the last painting moved. */
const SLOW_PAINT_MS = 10;
/** … and paints anew after this much rest. */
const REPAINT_REST_MS = 120;

export class StageController {
  private props: StageProps;
  private readonly element: HTMLElement;
  private readonly still: HTMLCanvasElement;
  private readonly active: HTMLCanvasElement;
  private readonly picture: CanvasImageSource & Size;
  private readonly observer: ResizeObserver;
  private viewport: Viewport = { scale: 1, offsetX: 0, offsetY: 0 };
  private size: Size = { width: 0, height: 0 };
  /** Until somebody zooms or pans, the picture follows the size of the stage. */
  private fitted = true;
  private index: ShapeIndex;
  private drawState: unknown = null;
  private selectState: SelectState = SELECT_START;
  private drawing: Geometry | null = null;
  private changing: { id: string; geometry: Geometry } | null = null;
  private panningFrom: Point | null = null;
  private spaceHeld = false;
  private frame = 0;
  private stillIsStale = true;
  /** Where the picture lay when the still layer was painted, and how long that took. */
  private paintedViewport: Viewport = { scale: 1, offsetX: 0, offsetY: 0 };
  private paintCostMs = 0;
  private repaintTimer: ReturnType<typeof setTimeout> | undefined;
  /** The shape that the still layer leaves out, since the active one shows it where it is being changed. */
  private leftOutId: string | null = null;

  constructor(
    element: HTMLElement,
    canvases: { still: HTMLCanvasElement; active: HTMLCanvasElement },
    picture: CanvasImageSource & Size,
    props: StageProps,
  ) {
    this.element = element;
    this.still = canvases.still;
    this.active = canvases.active;
    this.picture = picture;
    this.props = props;
    this.index = new ShapeIndex(props.shapes);
    this.resetTool();
    element.dataset.imageWidth = String(picture.width);
    element.dataset.imageHeight = String(picture.height);
    element.addEventListener('pointerdown', this.pointerDown);
    element.addEventListener('pointermove', this.pointerMove);
    element.addEventListener('pointerup', this.pointerUp);
    element.addEventListener('pointercancel', this.pointerCancel);
    element.addEventListener('wheel', this.wheel, { passive: false });
    element.addEventListener('keydown', this.spaceDown);
    element.addEventListener('keyup', this.spaceUp);
    element.addEventListener('blur', this.letGoOfSpace);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(element);
    this.resize();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.repaintTimer);
    this.observer.disconnect();
    const { element } = this;
    element.removeEventListener('pointerdown', this.pointerDown);
    element.removeEventListener('pointermove', this.pointerMove);
    element.removeEventListener('pointerup', this.pointerUp);
    element.removeEventListener('pointercancel', this.pointerCancel);
    element.removeEventListener('wheel', this.wheel);
    element.removeEventListener('keydown', this.spaceDown);
    element.removeEventListener('keyup', this.spaceUp);
    element.removeEventListener('blur', this.letGoOfSpace);
  }

  setProps(props: StageProps): void {
    const before = this.props;
    this.props = props;
    if (props.shapes !== before.shapes) {
      this.index = new ShapeIndex(props.shapes);
      this.changing = null;
    }
    if (props.tool !== before.tool) this.resetTool();
    // What was changed shows on the active layer until something else is selected.
    if (this.leftOutId !== null && props.selectedId !== this.leftOutId) this.leaveOut(null);
    // Moved by keys, it comes to lie there too, so that the next step costs little.
    if (
      props.shapes !== before.shapes &&
      props.selectedId === before.selectedId &&
      !othersDiffer(props.shapes, before.shapes, props.selectedId)
    ) {
      this.leaveOut(props.selectedId);
    }
    this.stillIsStale ||=
      props.pictureFilter !== before.pictureFilter ||
      othersDiffer(props.shapes, before.shapes, this.leftOutId);
    this.schedule();
  }

  private resetTool(): void {
    const { tool } = this.props;
    this.drawState = tool === 'select' || tool === 'pan' ? null : DRAW_TOOLS[tool].start;
    this.selectState = SELECT_START;
    this.drawing = null;
    this.changing = null;
    this.panningFrom = null;
    this.showCursor();
  }

  private showCursor(): void {
    const { tool } = this.props;
    this.element.style.cursor =
      this.spaceHeld || tool === 'pan' ? 'grab' : tool === 'select' ? 'default' : 'crosshair';
  }

  // Zoom and pan

  zoomBy(steps: number): void {
    this.zoomAtStage({ x: this.size.width / 2, y: this.size.height / 2 }, ZOOM_STEP ** steps);
  }

  fit(): void {
    this.fitted = true;
    this.setViewport(fitPicture(this.picture, this.size));
  }

  actualSize(): void {
    this.fitted = false;
    this.setViewport(actualSize(this.picture, this.size));
  }

  private zoomAtStage(at: Point, factor: number): void {
    this.fitted = false;
    this.setViewport(keepInSight(zoomAt(this.viewport, at, factor), this.picture, this.size));
  }

  private panBy(dx: number, dy: number): void {
    this.fitted = false;
    this.setViewport(keepInSight(pan(this.viewport, dx, dy), this.picture, this.size));
  }

  private setViewport(viewport: Viewport): void {
    this.viewport = viewport;
    this.element.dataset.scale = String(viewport.scale);
    this.element.dataset.offsetX = String(viewport.offsetX);
    this.element.dataset.offsetY = String(viewport.offsetY);
    this.viewMoved();
    this.schedule();
  }

  /** Shows the still layer for the new view: painted anew, or moved as it is while painting would be too slow. */
  private viewMoved(): void {
    clearTimeout(this.repaintTimer);
    if (this.paintCostMs <= SLOW_PAINT_MS) {
      this.stillIsStale = true;
      return;
    }
    const { paintedViewport: from, viewport: to } = this;
    const scale = to.scale / from.scale;
    const [x, y] = [to.offsetX - from.offsetX * scale, to.offsetY - from.offsetY * scale];
    this.still.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    this.repaintTimer = setTimeout(() => {
      this.stillIsStale = true;
      this.schedule();
    }, REPAINT_REST_MS);
  }

  private leaveOut(id: string | null): void {
    if (id === this.leftOutId) return;
    this.leftOutId = id;
    this.stillIsStale = true;
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0 || height === 0) return;
    this.size = { width, height };
    const ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.still, this.active]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    // A canvas that changes its size is empty.
    this.stillIsStale = true;
    this.setViewport(
      this.fitted ? fitPicture(this.picture, this.size) : keepInSight(this.viewport, this.picture, this.size),
    );
  }

  /** Where a place of the picture lies on the stage, for things that stand beside a shape. */
  stagePoint(point: Point): Point {
    return toStage(this.viewport, point);
  }

  /** The middle of what is in view, in picture pixels. */
  viewCentre(): Point {
    return toPicture(this.viewport, { x: this.size.width / 2, y: this.size.height / 2 });
  }

  // Events

  /** Enter, Escape and Backspace for the tool. Tells whether the tool had a use for it. */
  key(key: ToolKey): boolean {
    const { tool } = this.props;
    if (tool === 'pan') return false;
    if (tool === 'select') {
      if (key !== 'escape') return false;
      this.send({ type: key });
      return true;
    }
    const busy = this.drawing !== null;
    if (busy) this.send({ type: key });
    return busy;
  }

  private stageAt(event: MouseEvent): Point {
    const { left, top } = this.element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  private pointerDown = (event: PointerEvent): void => {
    const stage = this.stageAt(event);
    this.element.focus({ preventScroll: true });
    this.element.setPointerCapture?.(event.pointerId);
    if (event.button === 1 || this.spaceHeld || this.props.tool === 'pan') {
      event.preventDefault();
      this.panningFrom = stage;
      this.element.style.cursor = 'grabbing';
      return;
    }
    if (event.button === 0) this.sendPointer('down', event);
  };

  private pointerMove = (event: PointerEvent): void => {
    if (this.panningFrom) {
      const stage = this.stageAt(event);
      this.panBy(stage.x - this.panningFrom.x, stage.y - this.panningFrom.y);
      this.panningFrom = stage;
      return;
    }
    this.sendPointer('move', event);
  };

  private pointerUp = (event: PointerEvent): void => {
    if (this.panningFrom) {
      this.panningFrom = null;
      this.showCursor();
      return;
    }
    if (event.button === 0) this.sendPointer('up', event);
  };

  private pointerCancel = (): void => {
    this.panningFrom = null;
    this.send({ type: 'escape' });
  };

  private lastDown = { atMs: 0, stage: { x: 0, y: 0 }, clicks: 0 };

  private sendPointer(type: 'down' | 'move' | 'up', event: PointerEvent): void {
    const stage = this.stageAt(event);
    if (type === 'down') {
      // Pointer events do not count presses as mouse events do.
      const last = this.lastDown;
      const again =
        event.timeStamp - last.atMs < 400 && Math.hypot(stage.x - last.stage.x, stage.y - last.stage.y) < 6;
      this.lastDown = { atMs: event.timeStamp, stage, clicks: again ? last.clicks + 1 : 1 };
    }
    this.send({
      type,
      point: toPicture(this.viewport, stage),
      stage,
      alt: event.altKey,
      clicks: this.lastDown.clicks,
    });
  }

  private send(event: ToolEvent): void {
    const { tool, readOnly } = this.props;
    if (tool === 'pan') return;
    if (tool === 'select') {
      this.sendToSelect(event);
      return;
    }
    if (readOnly) return;
    const step = DRAW_TOOLS[tool].step(this.drawState, event, {
      area: this.props.area,
      scale: this.viewport.scale,
    });
    this.drawState = step.state;
    this.drawing = step.preview;
    this.schedule();
    if (step.drawn) this.props.onDraw(step.drawn);
  }

  private sendToSelect(event: ToolEvent): void {
    const { selectedId, shapes, readOnly } = this.props;
    const reach = HANDLE_REACH_PX / 2 / this.viewport.scale;
    const lock = (shape: CanvasShape) => (readOnly ? { ...shape, locked: true } : shape);
    const selected = shapes.find((shape) => shape.id === selectedId && !shape.hidden);
    const step = selectStep(this.selectState, event, {
      scale: this.viewport.scale,
      selected: selected ? lock(selected) : null,
      at: (point) => this.index.at(point, reach).map(lock),
      settleOptions: this.props.settleOptions,
    });
    this.selectState = step.state;
    this.changing = step.preview;
    if (step.preview) this.leaveOut(step.preview.id);
    this.schedule();
    for (const effect of step.effects) {
      switch (effect.type) {
        case 'select':
          this.props.onSelect(effect.id);
          break;
        case 'change':
          // Until the new list comes, the changed shape is shown where it was let go.
          this.changing = { id: effect.id, geometry: effect.geometry };
          this.props.onChange(effect.id, effect.geometry);
          break;
        case 'pan':
          this.panBy(effect.dx, effect.dy);
          break;
      }
    }
  }

  private wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.shiftKey) {
      this.panBy(-(event.deltaX || event.deltaY) * unit, 0);
      return;
    }
    // A pinch on a touch pad comes as a wheel with Ctrl and small steps.
    const strength = event.ctrlKey ? 6 : 1;
    this.zoomAtStage(this.stageAt(event), Math.exp(-event.deltaY * unit * WHEEL_ZOOM * strength));
  };

  private spaceDown = (event: KeyboardEvent): void => {
    if (event.key !== ' ') return;
    event.preventDefault();
    this.spaceHeld = true;
    this.showCursor();
  };

  private spaceUp = (event: KeyboardEvent): void => {
    if (event.key === ' ') this.letGoOfSpace();
  };

  private letGoOfSpace = (): void => {
    this.spaceHeld = false;
    this.showCursor();
  };

  // Painting

  private schedule(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  private paint(): void {
    const pixelRatio = window.devicePixelRatio || 1;
    const activeId = this.changing?.id ?? this.props.selectedId;
    if (this.stillIsStale) {
      const start = performance.now();
      this.paintStill(pixelRatio);
      this.paintCostMs = performance.now() - start;
    }
    const context = this.active.getContext('2d');
    if (!context) return;
    const target = { context, viewport: this.viewport, pixelRatio };
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.active.width, this.active.height);
    const shape = this.props.shapes.find(({ id }) => id === activeId);
    if (shape && !shape.hidden) {
      const geometry = this.changing?.geometry ?? shape.geometry;
      paintActive(target, { ...shape, geometry }, !shape.locked && this.props.tool === 'select');
    }
    if (this.drawing) {
      paintActive(
        target,
        {
          id: '',
          geometry: this.drawing,
          text: '',
          colour: this.props.drawColour,
          hidden: false,
          locked: false,
        },
        this.drawing.type === 'line',
      );
    }
  }

  private paintStill(pixelRatio: number): void {
    const context = this.still.getContext('2d');
    if (!context) return;
    clearTimeout(this.repaintTimer);
    this.stillIsStale = false;
    this.still.style.transform = '';
    this.paintedViewport = this.viewport;
    const target = { context, viewport: this.viewport, pixelRatio };
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.still.width, this.still.height);
    setPictureCoordinates(target);
    // Enlarged far, pixels must be seen as pixels.
    context.imageSmoothingEnabled = this.viewport.scale * pixelRatio < 4;
    context.filter = this.props.pictureFilter;
    context.drawImage(this.picture, 0, 0, this.picture.width, this.picture.height);
    context.filter = 'none';
    const corner = toPicture(this.viewport, { x: 0, y: 0 });
    const opposite = toPicture(this.viewport, { x: this.size.width, y: this.size.height });
    const inView = this.index.within({
      left: corner.x,
      top: corner.y,
      right: opposite.x,
      bottom: opposite.y,
    });
    paintShapes(
      target,
      inView.filter(({ id }) => id !== this.leftOutId),
    );
    setStageCoordinates(target);
  }
}

/** Whether the lists differ in more than the shape that is left out of the still layer. */
function othersDiffer(now: CanvasShape[], before: CanvasShape[], leftOutId: string | null): boolean {
  if (now === before) return false;
  return (
    now.length !== before.length ||
    now.some(
      (shape, index) =>
        shape !== before[index] && !(shape.id === leftOutId && before[index]?.id === leftOutId),
    )
  );
}
