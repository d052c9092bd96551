import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useState } from 'react';
import { sessionQuery } from '../api/queries';
import { IconButton } from '../ui/Button';
import { SkipLink } from '../ui/SkipLink';
import styles from './DocsLayout.module.css';
import { GUIDE_GROUPS } from './guides';
import { SearchBox } from './SearchBox';

/** The frame of the docs, with and without a log-in: a bar with the search, the list of guides, the page. */
export function DocsLayout() {
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  // The list belongs to the page it was opened on: going elsewhere closes it.
  const [openOn, setOpenOn] = useState<string | null>(null);
  const open = openOn === pathname;
  return (
    <div className={styles.docs}>
      <SkipLink />
      <header className={styles.bar}>
        <span className={styles.menu}>
          <IconButton
            icon={open ? 'close' : 'menu'}
            name={open ? 'Close the list of guides' : 'Open the list of guides'}
            aria-expanded={open}
            onClick={() => setOpenOn(open ? null : pathname)}
          />
        </span>
        <Link to="/docs" className={styles.name}>
          Weighbridge <span>Docs</span>
        </Link>
        <SearchBox />
        <WayBack />
      </header>
      <div className={styles.columns}>
        <nav aria-label="Guides" className={open ? `${styles.side} ${styles.open}` : styles.side}>
          {GUIDE_GROUPS.map(({ name, guides }) => (
            <section key={name}>
              <h2>{name}</h2>
              <ul>
                {guides.map(({ slug, title }) => (
                  <li key={slug}>
                    <SideLink to={`/docs/${slug}`}>{title}</SideLink>
                  </li>
                ))}
              </ul>
            </section>
          ))}
          <section>
            <h2>Look up</h2>
            <ul>
              <li>
                <SideLink to="/docs/reference">API reference</SideLink>
              </li>
              <li>
                <a href="/openapi.json" className={styles.link}>
                  openapi.json
                </a>
              </li>
            </ul>
          </section>
        </nav>
        <main id="main" className={styles.main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
    </div>
  );
}

function SideLink({ to, children }: { to: string; children: string }) {
  return (
    <Link
      to={to}
      className={styles.link}
      activeOptions={{ exact: true, includeHash: false }}
      activeProps={{ className: styles.active ?? '', 'aria-current': 'page' }}
    >
      {children}
    </Link>
  );
}

/** To the app for those who are logged in, to the log-in and back here for the others. */
function WayBack() {
  const session = useQuery({ ...sessionQuery, retry: false });
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  if (session.isPending) return <span className={styles.back} />;
  return session.data ? (
    <Link to="/" className={styles.back}>
      Dashboard
    </Link>
  ) : (
    <a href={`/login?next=${encodeURIComponent(pathname)}`} className={styles.back}>
      Log in
    </a>
  );
}
