import { useSyncExternalStore } from 'react';
import { IconButton } from '../../ui/Button';
import styles from './NoticeBar.module.css';
import { currentNotice, showNotice, subscribeNotice } from './notice';

export function NoticeBar() {
  const notice = useSyncExternalStore(subscribeNotice, currentNotice);
  return (
    <div role="status">
      {notice && (
        <div className={styles.notice}>
          <p>{notice}</p>
          <IconButton icon="close" name="Dismiss" onClick={() => showNotice(null)} />
        </div>
      )}
    </div>
  );
}
