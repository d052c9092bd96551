import { Link } from '@tanstack/react-router';
import type { Mode } from '../../api/types';
import { can, useSession } from '../session/use-session';
import styles from './CallbackTabs.module.css';

const TABS = [
  { to: '/$mode/callbacks', name: 'Deliveries', capability: 'view_callbacks' },
  { to: '/$mode/callbacks/verify', name: 'Verifier', capability: 'view_callbacks' },
  { to: '/$mode/callbacks/receiver', name: 'Test receiver', capability: 'manage_callbacks' },
] as const;

/** The pages about callbacks, side by side. */
export function CallbackTabs({ mode }: { mode: Mode }) {
  const session = useSession();
  return (
    <nav aria-label="Callbacks" className={styles.tabs}>
      {TABS.filter(({ capability }) => can(session, capability)).map(({ to, name }) => (
        <Link
          key={to}
          to={to}
          params={{ mode }}
          activeOptions={{ exact: true, includeSearch: false }}
          activeProps={{ 'aria-current': 'page' }}
          className={styles.tab}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}
