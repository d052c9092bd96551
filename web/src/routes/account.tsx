import { useQueryClient } from '@tanstack/react-query';
import { request } from '../api/client';
import { sessionQuery } from '../api/queries';
import { NameForm } from '../features/session/NameForm';
import { useRecentLogIn } from '../features/session/use-recent-log-in';
import { can, useSession } from '../features/session/use-session';
import { RoleRefusal } from '../features/shell/RoleRefusal';
import { PageHeading } from '../ui/PageHeading';
import styles from './settings.module.css';

/** `/settings/account`: the account's name. For Admins. */
export function AccountPage() {
  const session = useSession();
  const queryClient = useQueryClient();
  const { withRecentLogIn, question } = useRecentLogIn('rename the account');
  return (
    <>
      <PageHeading title="Account" />
      {can(session, 'rename_account') ? (
        <>
          <NameForm
            label="Company"
            name={session.account.name}
            hint="Stands in invitations and above the menu."
            autoComplete="organization"
            onSave={async (name) => {
              await withRecentLogIn(() => request('PUT', '/web/account', { name }));
              await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
            }}
          />
          <dl className={styles.facts}>
            <dt>Account id</dt>
            <dd>
              <code>{session.account.id}</code>
            </dd>
            <dt>Weighbridge</dt>
            <dd>{session.version}</dd>
          </dl>
        </>
      ) : (
        <RoleRefusal text="Only Admins change the account." />
      )}
      {question}
    </>
  );
}
