import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useRef, useState } from 'react';
import { request } from '../../api/client';
import type { Role } from '../../api/types';
import { ROLES, ROLES_BY_POWER } from '../../lib/roles';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/TextField';
import { failureText, problemAt } from '../session/plain-form';
import { GivenUp, useRecentLogIn } from '../session/use-recent-log-in';
import { useSession } from '../session/use-session';
import styles from './InviteForm.module.css';
import { mayInvite } from './rights';
import { teamQuery, welcomeQuery } from './team';

interface Wanted {
  email: string;
  role: Role;
}

/** Invites somebody by mail, to a role that the viewer may give. */
export function InviteForm() {
  const session = useSession();
  const id = useId();
  const queryClient = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [missing, setMissing] = useState(false);
  const { withRecentLogIn, question } = useRecentLogIn('invite a Manager or Admin');
  const roles = ROLES_BY_POWER.filter((role) => mayInvite(session, role));
  // The least powerful of what many teams need most; a slip gives little away.
  const [role, setRole] = useState<Role>('labeler');
  const invite = useMutation({
    mutationFn: (wanted: Wanted) =>
      withRecentLogIn(() => request<{ mailed?: boolean }>('POST', '/web/team/invitations', wanted)),
    onSuccess: async () => {
      form.current?.reset();
      await queryClient.invalidateQueries({ queryKey: teamQuery.queryKey });
    },
  });
  const { data: welcome } = useQuery(welcomeQuery);
  const failed = invite.isError && !(invite.error instanceof GivenUp);
  const problem = problemAt(invite.error, 'email');

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (invite.isPending) return;
    const email = String(new FormData(event.currentTarget).get('email')).trim();
    setMissing(email === '');
    if (email === '') event.currentTarget.querySelector('input')?.focus();
    else invite.mutate({ email, role });
  }

  return (
    <form ref={form} className={styles.form} onSubmit={submit} noValidate aria-label="Invite somebody">
      <div className={styles.email}>
        <TextField
          label="Email"
          name="email"
          type="email"
          autoComplete="off"
          error={missing ? 'Email is required.' : problem}
        />
      </div>
      <div className={styles.role}>
        <label htmlFor={id}>Role</label>
        <select
          id={id}
          value={role}
          aria-describedby={`${id}-may`}
          onChange={(event) => setRole(event.target.value as Role)}
        >
          {roles.map((choice) => (
            <option key={choice} value={choice}>
              {ROLES[choice].name}
            </option>
          ))}
        </select>
      </div>
      <Button look="primary" type="submit" aria-busy={invite.isPending} className={styles.send}>
        Invite
      </Button>
      <p id={`${id}-may`} className={styles.may}>
        {ROLES[role].name}: {ROLES[role].may}
      </p>
      {welcome && !welcome.mail && !welcome.dev && (
        <p className={styles.warning}>
          This server sends no mail, so an invitation reaches nobody. Whoever runs it can set{' '}
          <code>smtp_url</code>, or add people by <code>weighbridge user add</code>.
        </p>
      )}
      <p role="status" className={styles.status}>
        {invite.isSuccess && (
          <>
            Invited {invite.variables.email}.{' '}
            {invite.data.mailed === false ? 'No mail went out.' : 'The link of the mail works for 7 days.'}{' '}
            {welcome?.dev && <a href="/dev/mail">Open the mail of this server</a>}
          </>
        )}
      </p>
      {failed && problem === null && (
        <p role="alert" className={styles.failure}>
          {failureText(invite.error)}
        </p>
      )}
      {question}
    </form>
  );
}
