import { useMemo, useRef, useState } from 'react';
import { Stage, type StageHandle } from '../../canvas/Stage';
import { IconButton } from '../../ui/Button';
import { LoadingState } from '../../ui/states';
import { AttachmentFailure } from '../../workspace/AttachmentView';
import type { ReviewProps } from '../definition';
import { createShapeCache } from './canvas-shapes';
import { areaFor, readAnnotations } from './draft';
import styles from './ImageReview.module.css';
import { ObjectList } from './ObjectList';
import { readParams } from './params';
import { usePicture } from './use-picture';

const NONE_HIDDEN = new Set<string>();

/** An answer drawn over the picture, to be looked at. */
export function ImageReview({ type, params: rawParams, response, attachments }: ReviewProps) {
  const { picture, error, retry } = usePicture(attachments[0]?.url ?? null);
  const params = useMemo(() => readParams(type, rawParams), [type, rawParams]);
  const cache = useMemo(() => createShapeCache(params), [params]);
  const objects = useMemo(() => readAnnotations(response, true), [response]);
  const shapes = useMemo(
    () => cache.shapes({ objects, sceneAttributes: {}, nothing: false }, NONE_HIDDEN, () => true),
    [cache, objects],
  );
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const stage = useRef<StageHandle>(null);

  if (error) return <AttachmentFailure message={error.message} onTryAgain={retry} />;
  if (!picture) return <LoadingState what="the picture" />;
  const area = areaFor(params, picture);
  return (
    <div className={styles.review}>
      <div className={styles.stage}>
        <Stage
          handle={stage}
          picture={picture}
          help="Wheel to zoom, drag to move, press a shape to choose it."
          shapes={shapes}
          selectedId={selectedId}
          tool="select"
          drawColour=""
          area={area}
          readOnly
          pictureFilter="none"
          settleOptions={() => ({ area, integerPixels: false })}
          onDraw={() => undefined}
          onSelect={setSelectedId}
          onChange={() => undefined}
        />
        <div className={styles.zoom}>
          <IconButton icon="zoomOut" name="Zoom out" onClick={() => stage.current?.zoomBy(-1)} />
          <IconButton icon="zoomIn" name="Zoom in" onClick={() => stage.current?.zoomBy(1)} />
          <IconButton icon="fit" name="Fit" onClick={() => stage.current?.fit()} />
        </div>
      </div>
      <ObjectList
        objects={objects}
        params={params}
        colourOf={cache.colourOf}
        selectedId={selectedId}
        hidden={NONE_HIDDEN}
        isLocked={() => false}
        wrong={NONE_HIDDEN}
        onSelect={setSelectedId}
      />
    </div>
  );
}
