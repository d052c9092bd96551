import { useEffect, useMemo, useRef, useState } from 'react';
import { LoadingState } from '../../ui/states';
import { AttachmentFailure, AttachmentView } from '../../workspace/AttachmentView';
import type { WorkspaceProps } from '../definition';
import { areaFor, clipDraft, type ImageDraft } from './draft';
import styles from './ImageWorkspace.module.css';
import { PictureEditor } from './PictureEditor';
import { readParams } from './params';
import { usePicture } from './use-picture';

/** Fetches the picture, then shows the editor. */
export function ImageWorkspace(props: WorkspaceProps<ImageDraft>) {
  const { task, draft, change } = props;
  const params = useMemo(() => readParams(task.type, task.params), [task]);
  const [main, ...context] = task.attachments;
  const { picture, error, retry } = usePicture(main?.url ?? null);
  const [clipNotice, setClipNotice] = useState(false);

  // What came with the task may reach over the edge of the picture; only now is its size known.
  const clipped = useRef(false);
  useEffect(() => {
    if (!picture || clipped.current) return;
    clipped.current = true;
    const inside = clipDraft(draft, params, areaFor(params, picture));
    if (inside !== draft) {
      change(inside);
      setClipNotice(true);
    }
  }, [picture, draft, params, change]);

  if (error) return <AttachmentFailure message={error.message} onTryAgain={retry} />;
  if (!picture) return <LoadingState what="the picture" />;
  return (
    <>
      {params.unsupported.length > 0 && (
        <p className={styles.notice}>
          This task also asks for {params.unsupported.join(' and ')}, which this version cannot draw.
        </p>
      )}
      {clipNotice && (
        <p role="status" className={styles.notice}>
          Objects that reached over the allowed area were cut off at its edge.
        </p>
      )}
      <PictureEditor params={params} picture={picture} {...props} />
      {context.length > 0 && (
        <details className={styles.context}>
          <summary>Context ({context.length})</summary>
          {context.map((attachment) => (
            <AttachmentView key={attachment.url ?? attachment.source} attachment={attachment} />
          ))}
        </details>
      )}
    </>
  );
}
