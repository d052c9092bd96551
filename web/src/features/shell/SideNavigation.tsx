import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { request } from '../../api/client';
import { projectsQuery } from '../../api/queries';
import type { Mode } from '../../api/types';
import { Button } from '../../ui/Button';
import { Icon, type IconName } from '../../ui/Icon';
import { can, useSession } from '../session/use-session';
import styles from './SideNavigation.module.css';

const PROJECTS_SHOWN = 8;

interface SideNavigationProps {
  mode: Mode;
  toggle: ReactNode;
  /** Icons only: their words are there for screen readers and as tooltips. */
  folded: boolean;
  /** The button that unfolds it. */
  opener: ReactNode;
  onSearch: () => void;
}

/** The left side: pages, the project list with the mode toggle right below it, and who is logged in. */
export function SideNavigation({ mode, toggle, folded, opener, onSearch }: SideNavigationProps) {
  const session = useSession();
  const seesTasks = can(session, 'view_tasks');
  return (
    <nav aria-label="Main" className={folded ? `${styles.nav} ${styles.folded}` : styles.nav}>
      {opener}
      <p className={styles.account}>{session.account.name}</p>
      <ul className={styles.list}>
        {seesTasks && (
          <Item to="/$mode" mode={mode} icon="home" exact>
            Home
          </Item>
        )}
        <li>
          <button
            type="button"
            aria-keyshortcuts="Control+K"
            title="Search (Ctrl+K)"
            className={styles.link}
            onClick={onSearch}
          >
            <Icon name="search" />
            <span className={styles.word}>Search</span>
          </button>
        </li>
        {can(session, 'label_tasks') && (
          <Item to="/$mode/label" mode={mode} icon="work">
            Work
          </Item>
        )}
        {seesTasks && (
          <Item to="/$mode/tasks" mode={mode} icon="tasks">
            Tasks
          </Item>
        )}
      </ul>
      {seesTasks && <ProjectList mode={mode} />}
      <div className={styles.toggle}>{toggle}</div>
      <ul className={`${styles.list} ${styles.below}`}>
        {can(session, 'view_callbacks') && (
          <Item to="/$mode/callbacks" mode={mode} icon="callback">
            Callbacks
          </Item>
        )}
        {can(session, 'view_usage') && (
          <Item to="/$mode/usage" mode={mode} icon="usage">
            Usage
          </Item>
        )}
        {can(session, 'see_api_keys') && (
          <Item to="/$mode/api-keys" mode={mode} icon="key">
            API Keys
          </Item>
        )}
        {can(session, 'see_team') && (
          <AccountItem to="/settings/team" icon="team">
            Team
          </AccountItem>
        )}
        {can(session, 'rename_account') && (
          <AccountItem to="/settings/account" icon="settings">
            Account
          </AccountItem>
        )}
        {can(session, 'set_callback_settings') && (
          <AccountItem to="/settings/callbacks" icon="send">
            Callback settings
          </AccountItem>
        )}
        {can(session, 'read_audit') && (
          <AccountItem to="/settings/audit" icon="clock">
            Audit
          </AccountItem>
        )}
        <li>
          <Link to="/docs" className={styles.link} title="Docs">
            <Icon name="book" />
            <span className={styles.word}>Docs</span>
          </Link>
        </li>
      </ul>
      <UserMenu mode={mode} />
    </nav>
  );
}

interface ItemProps {
  to:
    | '/$mode'
    | '/$mode/label'
    | '/$mode/tasks'
    | '/$mode/callbacks'
    | '/$mode/usage'
    | '/$mode/api-keys'
    | '/$mode/projects';
  mode: Mode;
  icon: IconName;
  exact?: boolean;
  children: ReactNode;
}

function Item({ to, mode, icon, exact = false, children }: ItemProps) {
  return (
    <li>
      <Link
        to={to}
        params={{ mode }}
        activeOptions={{ exact, includeSearch: false }}
        activeProps={{ className: styles.active ?? '', 'aria-current': 'page' }}
        className={styles.link}
        title={typeof children === 'string' ? children : undefined}
      >
        <Icon name={icon} />
        <span className={styles.word}>{children}</span>
      </Link>
    </li>
  );
}

interface AccountItemProps {
  to:
    | '/settings/team'
    | '/settings/account'
    | '/settings/callbacks'
    | '/settings/audit'
    | '/settings/security'
    | '/profile';
  icon: IconName;
  children: ReactNode;
}

/** A page that belongs to the account, or to the person, in both modes. */
function AccountItem({ to, icon, children }: AccountItemProps) {
  return (
    <li>
      <Link
        to={to}
        activeOptions={{ includeSearch: false }}
        activeProps={{ className: styles.active ?? '', 'aria-current': 'page' }}
        className={styles.link}
        title={typeof children === 'string' ? children : undefined}
      >
        <Icon name={icon} />
        <span className={styles.word}>{children}</span>
      </Link>
    </li>
  );
}

function ProjectList({ mode }: { mode: Mode }) {
  const projects = useQuery(projectsQuery(mode));
  const latest = (projects.data ?? [])
    .toSorted((a, b) => (b.last_task_at ?? b.created_at).localeCompare(a.last_task_at ?? a.created_at))
    .slice(0, PROJECTS_SHOWN);
  return (
    <section aria-labelledby="side-projects" className={styles.projects}>
      <div className={styles.sectionHead}>
        <h2 id="side-projects" className={styles.sectionName}>
          Projects
        </h2>
        <Link
          to="/$mode/projects"
          params={{ mode }}
          activeOptions={{ exact: true }}
          activeProps={{ className: styles.active ?? '', 'aria-current': 'page' }}
          className={styles.all}
          title="All projects"
        >
          <Icon name="project" />
          <span className={styles.word}>All projects</span>
        </Link>
      </div>
      <ul className={styles.scroll}>
        {latest.map((project) => (
          <li key={project.id}>
            <Link
              to="/$mode/projects/$project"
              params={{ mode, project: project.name }}
              activeOptions={{ includeSearch: false }}
              activeProps={{ className: styles.active ?? '', 'aria-current': 'page' }}
              className={styles.link}
              title={project.name}
            >
              <Icon name="project" />
              <span className={styles.cut}>{project.name}</span>
            </Link>
          </li>
        ))}
        {projects.isSuccess && latest.length === 0 && (
          <li className={styles.none}>None in {mode} mode yet</li>
        )}
        {projects.isError && <li className={styles.none}>Not loaded: {projects.error.message}</li>}
      </ul>
    </section>
  );
}

function UserMenu({ mode }: { mode: Mode }) {
  const session = useSession();
  const seesTasks = can(session, 'view_tasks');

  async function logOut() {
    await request('DELETE', '/web/session', {}, { withoutLogIn: true }).catch(() => undefined);
    window.location.assign('/login');
  }

  return (
    <div className={styles.user}>
      {seesTasks && !can(session, 'see_api_keys') && (
        <p className={styles.help}>
          <Link to="/$mode/api-keys" params={{ mode }}>
            Don't see API Keys?
          </Link>
        </p>
      )}
      <ul className={styles.own}>
        <AccountItem to="/profile" icon="user">
          Profile
        </AccountItem>
        <AccountItem to="/settings/security" icon="lock">
          Security
        </AccountItem>
      </ul>
      <p className={styles.who}>
        <span className={styles.cut} title={`${session.user.email}, ${session.user.role}`}>
          {session.user.name}
        </span>
        <Button small look="plain" icon="exit" title="Log out" onClick={logOut}>
          <span className={styles.word}>Log out</span>
        </Button>
      </p>
    </div>
  );
}
