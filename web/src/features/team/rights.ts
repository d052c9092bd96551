/** What the viewer may do to people (authentication.md 2.6). The server decides on its own; this hides the rest. */
import type { Capability, Role, Session } from '../../api/types';
import { ROLES_BY_POWER } from '../../lib/roles';
import { can } from '../session/use-session';
import type { Person } from './team';

/** What one needs to give a role, or to take it. */
function capabilityOver(role: Role): Capability {
  switch (role) {
    case 'admin':
      return 'change_admin';
    case 'manager':
      return 'change_manager';
    case 'member':
    case 'labeler':
      return 'change_member';
  }
}

/** Roles that the viewer may give to a person, other than the present one. */
export function rolesToGive(session: Session, person: Person): Role[] {
  if (person.you) {
    // Nobody raises their own role; anybody may step down.
    return ROLES_BY_POWER.slice(ROLES_BY_POWER.indexOf(person.role) + 1);
  }
  if (!can(session, capabilityOver(person.role))) return [];
  return ROLES_BY_POWER.filter((role) => role !== person.role && can(session, capabilityOver(role)));
}

export function mayDeactivate(session: Session, person: Person): boolean {
  if (person.you) return false;
  const powerful = person.role === 'admin' || person.role === 'manager';
  return can(session, powerful ? 'deactivate_manager' : 'change_member');
}

export function mayEndSessions(session: Session, person: Person): boolean {
  return !person.you && person.active && can(session, 'deactivate_manager');
}

/** Whether the viewer may invite somebody to a role, and withdraw such an invitation. */
export function mayInvite(session: Session, role: Role): boolean {
  return can(session, role === 'admin' || role === 'manager' ? 'invite_manager' : 'invite_member');
}
