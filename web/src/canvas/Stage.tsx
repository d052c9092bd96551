import { type Ref, useEffect, useId, useImperativeHandle, useRef } from 'react';
import type { Point } from './geometry/point';
import styles from './Stage.module.css';
import { StageController, type StageProps } from './stage-controller';
import type { ToolKey } from './tools/tool';
import type { Size } from './viewport';

export interface StageHandle {
  zoomBy: (steps: number) => void;
  fit: () => void;
  actualSize: () => void;
  key: (key: ToolKey) => boolean;
  stagePoint: (point: Point) => Point;
  viewCentre: () => Point;
  focus: () => void;
}

interface StageComponentProps extends StageProps {
  picture: CanvasImageSource & Size;
  /** Keys of the stage in words, read out as its description. */
  help: string;
  handle: Ref<StageHandle>;
}

/** The picture with its shapes. A canvas says nothing to a screen reader: the list of objects stands beside it. */
export function Stage({ picture, help, handle, ...props }: StageComponentProps) {
  const element = useRef<HTMLDivElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const active = useRef<HTMLCanvasElement>(null);
  const controller = useRef<StageController | null>(null);
  const latest = useRef<StageProps>(props);
  const helpId = useId();

  useEffect(() => {
    latest.current = props;
    controller.current?.setProps(props);
  });

  useEffect(() => {
    if (!element.current || !still.current || !active.current) return;
    const made = new StageController(
      element.current,
      { still: still.current, active: active.current },
      picture,
      latest.current,
    );
    controller.current = made;
    return () => {
      made.destroy();
      controller.current = null;
    };
  }, [picture]);

  useImperativeHandle(
    handle,
    () => ({
      zoomBy: (steps) => controller.current?.zoomBy(steps),
      fit: () => controller.current?.fit(),
      actualSize: () => controller.current?.actualSize(),
      key: (key) => controller.current?.key(key) ?? false,
      stagePoint: (point) => controller.current?.stagePoint(point) ?? point,
      viewCentre: () => controller.current?.viewCentre() ?? { x: 0, y: 0 },
      focus: () => element.current?.focus(),
    }),
    [],
  );

  return (
    <div
      ref={element}
      role="application"
      aria-label="Picture"
      aria-describedby={helpId}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes the keyboard
      tabIndex={0}
      data-own-keys=""
      data-problem-path="annotations"
      className={styles.stage}
    >
      <canvas ref={still} className={styles.canvas} />
      <canvas ref={active} className={styles.canvas} />
      <p id={helpId} className="visually-hidden">
        {help}
      </p>
    </div>
  );
}
