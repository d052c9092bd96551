import { useQuery } from '@tanstack/react-query';
import { NoPermissionState } from '../../ui/states';
import { adminsQuery } from '../team/team';

/** Says that a page is not for one's role, and who can change that. */
export function RoleRefusal({ text }: { text: string }) {
  const admins = useQuery(adminsQuery);
  const names = admins.data?.admins ?? [];
  return (
    <NoPermissionState>
      <p>
        {text}
        {names.length > 0 && ` Ask an Admin of your account. Admins: ${names.join(', ').replace(/\.$/, '')}.`}
      </p>
    </NoPermissionState>
  );
}
