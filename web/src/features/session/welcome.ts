import { request } from '../../api/client';

/** What the server tells those who are not logged in. */
export interface Welcome {
  sign_up: 'open' | 'domains' | 'invite' | 'closed';
  /** Whether the server can send mail. */
  mail: boolean;
  dev: boolean;
}

export function fetchWelcome(): Promise<Welcome> {
  return request<Welcome>('GET', '/web/welcome', undefined, { withoutLogIn: true });
}
