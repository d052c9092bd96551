import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { request } from '../api/client';
import { sessionQuery } from '../api/queries';
import { NameForm } from '../features/session/NameForm';
import { ThemeChoice } from '../features/session/ThemeChoice';
import { useSession } from '../features/session/use-session';
import { ROLES } from '../lib/roles';
import { PageHeading } from '../ui/PageHeading';
import styles from './settings.module.css';

/** `/profile`: one's own name, and what one is here. */
export function ProfilePage() {
  const { user, account } = useSession();
  const queryClient = useQueryClient();
  const { name: role, may } = ROLES[user.role];
  return (
    <>
      <PageHeading title="Profile" />
      <NameForm
        label="Name"
        name={user.name}
        hint="As others of your account see you."
        autoComplete="name"
        onSave={async (name) => {
          await request('PUT', '/web/profile', { name });
          await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
          void queryClient.invalidateQueries({ queryKey: ['team'] });
        }}
      />
      <dl className={styles.facts}>
        <dt>Email</dt>
        <dd>{user.email}</dd>
        <dt>Account</dt>
        <dd>{account.name}</dd>
        <dt>Role</dt>
        <dd>
          {role}: {may}
        </dd>
      </dl>
      <ThemeChoice />
      <p>
        <Link to="/settings/security">Password and sessions</Link>
      </p>
    </>
  );
}
