import { Outlet, useMatch, useRouterState } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { IconButton } from '../../ui/Button';
import { SkipLink } from '../../ui/SkipLink';
import { ShortcutProvider, ShortcutTable } from '../../ui/shortcuts';
import { useViewportWidth } from '../../ui/use-viewport-width';
import { AccountBanners } from './AccountBanners';
import { modeOfPath, rememberMode, useShellMode } from './last-mode';
import { ModeSwitch } from './ModeSwitch';
import { NewVersion } from './NewVersion';
import { NoticeBar } from './NoticeBar';
import styles from './Shell.module.css';
import { ShellCommands, type ShellDialog } from './ShellCommands';
import { SideNavigation } from './SideNavigation';
import { SearchContext } from './search-context';
import { useFavicon } from './use-favicon';
import { useNews } from './use-news';

/** The same widths as in Shell.module.css. */
const DRAWER_BELOW_PX = 768;
const FOLDED_BELOW_PX = 1280;

/** The frame of every page behind the log-in. The workspace fills the window and has a frame of its own. */
export function Shell() {
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const mode = useShellMode(pathname);
  const modeOfPage = modeOfPath(pathname);
  useEffect(() => {
    if (modeOfPage !== null) rememberMode(modeOfPage);
  }, [modeOfPage]);
  const inWorkspace = useMatch({ from: '/shell/$mode/label/$claimId', shouldThrow: false }) !== undefined;
  // The open side belongs to the page it was opened on: going elsewhere closes it.
  const [openOn, setOpenOn] = useState<string | null>(null);
  const [dialog, setDialog] = useState<ShellDialog | null>(null);
  const [table] = useState(() => new ShortcutTable());
  const open = openOn === pathname;
  const openSearch = useCallback(() => setDialog('search'), []);
  useFavicon(mode);
  useNews(mode);
  const width = useViewportWidth();
  // Where the side is a drawer, the toggle stands in the bar, so that it is in view at all times.
  const narrow = width < DRAWER_BELOW_PX;
  const folded = !narrow && width < FOLDED_BELOW_PX && !open;
  const toggle = <ModeSwitch mode={mode} folded={folded} />;
  const opener = (
    <IconButton
      icon={open ? 'close' : 'menu'}
      name={open ? 'Close menu' : 'Open menu'}
      aria-expanded={open}
      onClick={() => setOpenOn(open ? null : pathname)}
    />
  );

  if (inWorkspace) return <Outlet />;

  return (
    <ShortcutProvider table={table}>
      <SearchContext value={openSearch}>
        <div className={modeOfPage === 'test' ? `${styles.shell} ${styles.test}` : styles.shell}>
          <SkipLink />
          <section aria-label="Top bar" className={styles.bar}>
            {narrow && opener}
            <span className={styles.barName}>Weighbridge</span>
            {narrow && toggle}
          </section>
          <div className={open ? `${styles.side} ${styles.open}` : styles.side}>
            <SideNavigation
              mode={mode}
              toggle={narrow ? null : toggle}
              folded={folded}
              opener={!narrow && width < FOLDED_BELOW_PX ? opener : null}
              onSearch={openSearch}
            />
          </div>
          <div className={styles.content}>
            {modeOfPage === 'test' && (
              <header className={styles.band}>Test mode: answers are made up, nothing is charged</header>
            )}
            <NewVersion />
            <main id="main" className={styles.main} tabIndex={-1}>
              <AccountBanners mode={mode} />
              <NoticeBar />
              <Outlet />
            </main>
          </div>
        </div>
      </SearchContext>
      <ShellCommands mode={mode} table={table} dialog={dialog} onDialog={setDialog} />
    </ShortcutProvider>
  );
}
