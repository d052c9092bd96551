import './ui/tokens.css';
import './ui/base.css';
import { applyTheme, storedTheme } from './lib/theme';

applyTheme(storedTheme());

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element with the id "root"');

if (window.location.pathname.replace(/\/+$/, '') === '/login') {
  const { showLogInPage } = await import('./routes/login');
  showLogInPage(root, window.location.search, (path) => window.location.assign(path));
} else {
  const { startApp } = await import('./app');
  startApp(root);
}
