import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { apiPath, request } from '../../api/client';
import { sessionQuery } from '../../api/queries';
import type { Role } from '../../api/types';
import { ROLES } from '../../lib/roles';
import { Button } from '../../ui/Button';
import { Dialog, DialogActions } from '../../ui/Dialog';
import { failureText } from '../session/plain-form';
import { GivenUp, useRecentLogIn } from '../session/use-recent-log-in';
import styles from './dialogs.module.css';
import { type Person, teamQuery } from './team';

interface ChangeRoleDialogProps {
  person: Person;
  /** Roles that the viewer may give. */
  roles: Role[];
  onClose: () => void;
}

/** Asks which role somebody is to have. It holds from their next request on, without a new log-in. */
export function ChangeRoleDialog({ person, roles, onClose }: ChangeRoleDialogProps) {
  const queryClient = useQueryClient();
  const [role, setRole] = useState<Role | null>(null);
  const { withRecentLogIn, question } = useRecentLogIn('change this role');
  const change = useMutation({
    mutationFn: (wanted: Role) =>
      withRecentLogIn(() =>
        request('PUT', apiPath('web', 'team', 'people', person.user_id, 'role'), { role: wanted }),
      ),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: teamQuery.queryKey });
      // Who steps down sees less from now on.
      if (person.you) await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
      onClose();
    },
  });
  return (
    <>
      <Dialog title={`Change the role of ${person.name}`} onClose={onClose}>
        <p>The role now: {ROLES[person.role].name}. The change holds at once, without a new log-in.</p>
        {person.you && (
          <p className={styles.warning}>
            This is your own role. You cannot raise it again yourself: that takes an Admin.
          </p>
        )}
        <fieldset className={styles.choices}>
          <legend className="visually-hidden">New role</legend>
          {roles.map((choice) => (
            <label key={choice} className={styles.choice}>
              <input
                type="radio"
                name="role"
                value={choice}
                checked={role === choice}
                onChange={() => setRole(choice)}
              />
              <span>
                <strong>{ROLES[choice].name}</strong>
                <span className={styles.may}>{ROLES[choice].may}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {change.isError && !(change.error instanceof GivenUp) && (
          <p role="alert" className={styles.failure}>
            {failureText(change.error)}
          </p>
        )}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            refused={role === null && 'Choose a role first.'}
            aria-busy={change.isPending}
            onClick={() => role !== null && !change.isPending && change.mutate(role)}
          >
            {role === null ? 'Change' : `Make ${person.you ? 'me' : person.name} ${ROLES[role].name}`}
          </Button>
        </DialogActions>
      </Dialog>
      {question}
    </>
  );
}
