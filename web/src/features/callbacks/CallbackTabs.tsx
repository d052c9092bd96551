import { Link } from '@tanstack/react-router';
import type { Mode } from '../../api/types';
import styles from './CallbackTabs.module.css';

const TABS = [
  { to: '/$mode/callbacks', name: 'Deliveries' },
  { to: '/$mode/callbacks/verify', name: 'Verifier' },
  { to: '/$mode/callbacks/receiver', name: 'Test receiver' },
] as const;

/** The pages about callbacks, side by side. */
export function CallbackTabs({ mode }: { mode: Mode }) {
  return (
    <nav aria-label="Callbacks" className={styles.tabs}>
      {TABS.map(({ to, name }) => (
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
