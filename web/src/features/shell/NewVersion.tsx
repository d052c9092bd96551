import { useQuery } from '@tanstack/react-query';
import { Button } from '../../ui/Button';
import { versionQuery } from './app-version';
import styles from './NewVersion.module.css';

/** Says that the server has a newer app. The page is never reloaded by itself: somebody may be at work in it. */
export function NewVersion() {
  const { data: ready } = useQuery(versionQuery);
  return (
    <div role="status">
      {ready && (
        <div className={styles.banner}>
          <p>A new version is ready.</p>
          <Button small onClick={() => window.location.reload()}>
            Reload
          </Button>
        </div>
      )}
    </div>
  );
}
