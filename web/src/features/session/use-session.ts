import { useSuspenseQuery } from '@tanstack/react-query';
import { sessionQuery } from '../../api/queries';
import type { Capability, Session } from '../../api/types';

/** The session of whoever is logged in. Only for pages inside the shell, whose loader has fetched it. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** Whether the role allows it. The server decides on its own; this only hides what it would refuse. */
export function can(session: Session, capability: Capability): boolean {
  return session.capabilities.includes(capability);
}
