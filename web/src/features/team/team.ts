/** The team as the server tells it; what a role may not see is left out. */
import { queryOptions } from '@tanstack/react-query';
import { request } from '../../api/client';
import type { Role } from '../../api/types';
import { fetchWelcome } from '../session/welcome';

export interface Person {
  user_id: string;
  name: string;
  role: Role;
  active: boolean;
  you: boolean;
  email?: string;
  last_log_in_at?: string | null;
}

export interface Invitation {
  invitation_id: string;
  email: string;
  role: Role;
  invited_by: string | null;
  created_at: string;
  expires_at: string;
  /** `waits_for_admin`: a key made it, and an Admin has to approve the role. */
  state: 'open' | 'expired' | 'waits_for_admin';
}

/** Somebody asks to be Manager, or a key asks for them. */
export interface AccessRequest {
  request_id: string;
  user_id: string;
  name: string;
  note: string | null;
  origin: 'person' | 'key';
  created_at: string;
}

export interface Team {
  people: Person[];
  invitations?: Invitation[];
  requests?: AccessRequest[];
}

/** An API key or callback auth key that somebody may know. */
export interface KnownKey {
  key_id: string;
  name: string;
  hint: string;
  environment: 'live' | 'test';
}

export const teamQuery = queryOptions({
  queryKey: ['team'],
  queryFn: ({ signal }) => request<Team>('GET', '/web/team', undefined, { signal }),
});

export const adminsQuery = queryOptions({
  queryKey: ['team', 'admins'],
  queryFn: ({ signal }) => request<{ admins: string[] }>('GET', '/web/team/admins', undefined, { signal }),
});

/** Whether invitations can reach anybody. */
export const welcomeQuery = queryOptions({
  queryKey: ['welcome'],
  queryFn: fetchWelcome,
  staleTime: Number.POSITIVE_INFINITY,
});
