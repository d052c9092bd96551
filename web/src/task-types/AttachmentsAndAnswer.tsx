import type { ReactNode } from 'react';
import type { WorkAttachment } from '../api/types';
import { AttachmentView } from '../workspace/AttachmentView';
import styles from './AttachmentsAndAnswer.module.css';

/** The screen of the types that are answered in fields: attachments at the left, the answer at the right. */
export function AttachmentsAndAnswer({
  attachments,
  children,
}: {
  attachments: WorkAttachment[];
  children: ReactNode;
}) {
  return (
    <div className={styles.screen}>
      {attachments.length > 0 && (
        <div className={styles.attachments}>
          {attachments.map((attachment, index) => (
            <AttachmentView key={attachment.url ?? `${index}`} attachment={attachment} />
          ))}
        </div>
      )}
      <div className={styles.answer}>{children}</div>
    </div>
  );
}
