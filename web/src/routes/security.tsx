import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from '../api/client';
import { sessionQuery } from '../api/queries';
import type { Session } from '../api/types';
import { PlainForm } from '../features/session/PlainForm';
import { SessionList } from '../features/session/SessionList';
import { sessionsQuery } from '../features/session/sessions';
import { useSession } from '../features/session/use-session';
import { PageHeading } from '../ui/PageHeading';
import styles from './settings.module.css';

/** `/settings/security`: one's own password, and the browsers that are logged in. */
export function SecurityPage() {
  const { user, account } = useSession();
  const queryClient = useQueryClient();
  // Counts changes: each begins with a form whose fields are empty.
  const [changes, setChanges] = useState(0);
  return (
    <>
      <PageHeading title="Security" />
      <h2 className={styles.heading}>Password</h2>
      <p className={styles.about}>A new password logs you out everywhere but here.</p>
      <div className={styles.form}>
        <PlainForm
          key={changes}
          fields={[
            {
              name: 'current_password',
              label: 'Current password',
              type: 'password',
              autocomplete: 'current-password',
            },
            {
              name: 'new_password',
              label: 'New password',
              type: 'password',
              autocomplete: 'new-password',
              advise: true,
            },
          ]}
          submit="Change password"
          sending="Changing…"
          waitsForFocus
          username={user.email}
          known={['weighbridge', user.email, account.name]}
          fieldOfCode={{ wrong_password: 'current_password' }}
          onSubmit={async (passwords) => {
            const session = await request<Session>('POST', '/web/profile/password', passwords);
            queryClient.setQueryData(sessionQuery.queryKey, session);
            void queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
            setChanges(changes + 1);
          }}
        />
        <p role="status" className={styles.below}>
          {changes > 0 && 'The password is changed. All other sessions have ended.'}
        </p>
      </div>
      <h2 className={styles.heading}>Sessions</h2>
      <p className={styles.about}>
        Browsers that are logged in as you. End one that you do not know, then change your password.
      </p>
      <SessionList />
    </>
  );
}
