import { Link } from '@tanstack/react-router';
import type { Mode } from '../../api/types';
import { Icon } from '../../ui/Icon';
import { HeldBanner } from '../callback-settings/HeldBanner';
import { useSession } from '../session/use-session';
import styles from './AccountBanners.module.css';

/** What is not as it should be with the account. It stays until it is put right. */
export function AccountBanners({ mode }: { mode: Mode }) {
  const { user, insecure_http } = useSession();
  return (
    <>
      {user.has_short_password && (
        <p className={styles.banner}>
          <Icon name="warning" />
          <span>
            Your password is shorter than 15 characters.{' '}
            <Link to="/settings/security">Choose a longer one</Link>
          </span>
        </p>
      )}
      {insecure_http && (
        <p className={styles.banner}>
          <Icon name="warning" />
          <span>
            This server is reached over plain HTTP: passwords and keys can be read on the way. Put it behind
            HTTPS and set its public address.
          </span>
        </p>
      )}
      <HeldBanner mode={mode} />
    </>
  );
}
