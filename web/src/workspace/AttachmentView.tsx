import { use } from 'react';
import type { AttachmentKind, WorkAttachment } from '../api/types';
import { Button } from '../ui/Button';
import { ErrorState, LoadingState } from '../ui/states';
import styles from './AttachmentView.module.css';
import { useAttachment } from './use-attachment';
import { WorkspaceActionsContext } from './workspace-actions';

/** What the task is about. Everything comes from our own server; only a website opens elsewhere, in a new tab. */
export function AttachmentView({ attachment }: { attachment: WorkAttachment }) {
  const { kind, url, text, source } = attachment;
  if (text !== null) return <TextAttachment text={text} />;
  if (kind === 'website') {
    return (
      <p className={styles.link}>
        <a href={source} target="_blank" rel="noopener noreferrer">
          Open the website in a new tab
        </a>
        <span className={styles.address}>{source}</span>
      </p>
    );
  }
  if (url === null) return <p className={styles.link}>This attachment has no content.</p>;
  return <FetchedAttachment kind={kind} url={url} />;
}

export function FetchedAttachment({ kind, url }: { kind: AttachmentKind; url: string }) {
  switch (kind) {
    case 'image':
      return <ImageAttachment url={url} />;
    case 'text':
      return <FetchedText url={url} />;
    case 'video':
      // biome-ignore lint/a11y/useMediaCaption: customers send recordings without captions
      return <video className={styles.media} src={url} controls />;
    case 'audio':
      // biome-ignore lint/a11y/useMediaCaption: customers send recordings without captions
      return <audio className={styles.media} src={url} controls />;
    case 'pdf':
    case 'website':
      return (
        <p className={styles.link}>
          <a href={url} target="_blank" rel="noopener noreferrer">
            Open the document in a new tab
          </a>
        </p>
      );
  }
}

function TextAttachment({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keys
    <section className={styles.text} dir="auto" aria-label="Attachment" tabIndex={0}>
      {text}
    </section>
  );
}

function ImageAttachment({ url }: { url: string }) {
  const file = useAttachment(url);
  if (file.isPending) return <LoadingState what="the picture" />;
  if (file.isError)
    return <AttachmentFailure message={file.error.message} onTryAgain={() => void file.refetch()} />;
  return <img className={styles.image} src={file.data.objectUrl} alt="Attachment" />;
}

function FetchedText({ url }: { url: string }) {
  const file = useAttachment(url);
  if (file.isPending) return <LoadingState what="the text" />;
  if (file.isError)
    return <AttachmentFailure message={file.error.message} onTryAgain={() => void file.refetch()} />;
  return <TextAttachment text={file.data.text} />;
}

export function AttachmentFailure({ message, onTryAgain }: { message: string; onTryAgain: () => void }) {
  const actions = use(WorkspaceActionsContext);
  return (
    <div className={styles.failure}>
      <ErrorState what="The attachment does not load." reason={message} onTryAgain={onTryAgain} />
      {actions && <Button onClick={actions.skipForAttachment}>Skip with this reason…</Button>}
    </div>
  );
}
