import './ui/tokens.css';
import './ui/base.css';
import type { Visit } from './features/session/entry-page';
import { takeFragmentToken } from './lib/fragment-token';
import { applyTheme, storedTheme } from './lib/theme';

/** Pages before the log-in, which load without the app. */
const ENTRY_PAGES: Record<string, () => Promise<(root: HTMLElement, visit: Visit) => void>> = {
  '/login': async () => (await import('./routes/login')).showLogInPage,
  '/signup': async () => (await import('./routes/signup')).showSignUpPage,
  '/confirm': async () => (await import('./routes/confirm')).showConfirmPage,
  '/reset': async () => (await import('./routes/reset')).showResetPage,
  '/invite': async () => (await import('./routes/invite')).showInvitePage,
};

applyTheme(storedTheme());

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element with the id "root"');

const loadEntryPage = ENTRY_PAGES[window.location.pathname.replace(/\/+$/, '')];
if (loadEntryPage) {
  const visit = {
    search: window.location.search,
    token: takeFragmentToken(),
    goTo: (path: string) => window.location.assign(path),
  };
  // A second link of a mail, opened in the same tab, changes the fragment only.
  window.addEventListener('hashchange', () => window.location.reload());
  const showPage = await loadEntryPage();
  showPage(root, visit);
} else {
  const { startApp } = await import('./app');
  startApp(root);
}
