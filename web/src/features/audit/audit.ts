/** The audit log as the server tells it, newest first. */
import { infiniteQueryOptions } from '@tanstack/react-query';
import { queryText, request } from '../../api/client';
import type { Mode } from '../../api/types';

export interface AuditEntry {
  seq: number;
  at: string;
  actor: { kind: 'user' | 'key' | 'operator' | 'system'; id: string | null; name: string | null };
  /** Noun and verb, such as `key.roll`. */
  action: string;
  /** The same as a sentence. */
  text: string;
  target: string | null;
  environment: Mode | null;
  address: string | null;
  user_agent: string | null;
  before: unknown;
  after: unknown;
}

interface AuditPage {
  entries: AuditEntry[];
  /** Whether there are older ones. */
  more: boolean;
}

const ENTRIES_PER_PAGE = 50;

export const auditQuery = infiniteQueryOptions({
  queryKey: ['audit'],
  queryFn: ({ signal, pageParam }) =>
    request<AuditPage>(
      'GET',
      `/web/audit${queryText({ before: pageParam, limit: ENTRIES_PER_PAGE })}`,
      undefined,
      { signal },
    ),
  initialPageParam: null as number | null,
  getNextPageParam: ({ entries, more }) => (more ? entries.at(-1)?.seq : undefined),
});

/** Who did it, as one name. */
export function actorName({ kind, name }: AuditEntry['actor']): string {
  switch (kind) {
    case 'user':
      return name ?? 'Somebody';
    case 'key':
      return name === null ? 'An API key' : `API key ${name}`;
    case 'operator':
      return 'The operator';
    case 'system':
      return 'Weighbridge';
  }
}
