import { useInfiniteQuery } from '@tanstack/react-query';
import { ApiError } from '../api/client';
import { AuditExport } from '../features/audit/AuditExport';
import { type AuditEntry, actorName, auditQuery } from '../features/audit/audit';
import { can, useSession } from '../features/session/use-session';
import { FailureState } from '../features/shell/FailureState';
import { RoleRefusal } from '../features/shell/RoleRefusal';
import { exactTime } from '../lib/time';
import { Badge } from '../ui/Badge';
import { Button } from '../ui/Button';
import { PageHeading } from '../ui/PageHeading';
import { EmptyState, LoadingState } from '../ui/states';
import { Table } from '../ui/Table';
import styles from './audit.module.css';

/** `/settings/audit`: who did what to access. For Admins. */
export function AuditPage() {
  const session = useSession();
  const audit = useInfiniteQuery(auditQuery);
  if (audit.error instanceof ApiError && audit.error.code === 'role_required') {
    return (
      <>
        <PageHeading title="Audit" />
        <RoleRefusal text={audit.error.message} />
      </>
    );
  }
  const entries = audit.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <>
      <PageHeading title="Audit" actions={can(session, 'export_audit') && <AuditExport />} />
      <p className={styles.about}>
        Every change of keys, people and settings, the newest first. Entries are chained: an altered or
        missing one shows.
      </p>
      {audit.isPending && <LoadingState what="the audit log" />}
      {audit.isError && !audit.isFetchNextPageError && (
        <FailureState
          what="The audit log could not be loaded."
          error={audit.error}
          onTryAgain={() => void audit.refetch()}
        />
      )}
      {audit.isSuccess && entries.length === 0 && <EmptyState title="No entries yet." />}
      {entries.length > 0 && (
        <Table
          caption="Audit log"
          rows={entries}
          rowKey={(entry) => String(entry.seq)}
          columns={[
            {
              head: 'When',
              whole: true,
              cell: (entry) => <time dateTime={entry.at}>{exactTime(entry.at)}</time>,
            },
            { head: 'Who', cell: (entry) => actorName(entry.actor) },
            { head: 'What', rowHeader: true, cell: (entry) => <What entry={entry} /> },
            {
              head: 'Mode',
              cell: (entry) =>
                entry.environment && (
                  <Badge tone={entry.environment === 'live' ? 'good' : 'neutral'}>{entry.environment}</Badge>
                ),
            },
            {
              head: 'From',
              whole: true,
              cell: (entry) => <span title={entry.user_agent ?? undefined}>{entry.address}</span>,
            },
          ]}
        />
      )}
      {audit.isFetchNextPageError && (
        <div className={styles.more}>
          <FailureState
            what="Older entries could not be loaded."
            error={audit.error}
            onTryAgain={() => void audit.fetchNextPage()}
          />
        </div>
      )}
      {audit.hasNextPage && !audit.isFetchNextPageError && (
        <p className={styles.more}>
          <Button
            aria-busy={audit.isFetchingNextPage}
            onClick={() => !audit.isFetchingNextPage && void audit.fetchNextPage()}
          >
            Older entries
          </Button>
        </p>
      )}
    </>
  );
}

/** The sentence, and what it was before and after where that was kept. */
function What({ entry }: { entry: AuditEntry }) {
  const details = [
    ['Action', entry.action],
    ['Entry', String(entry.seq)],
    ['Target', entry.target],
    ['Before', asText(entry.before)],
    ['After', asText(entry.after)],
    ['Browser or program', entry.user_agent],
  ].filter((detail): detail is [string, string] => Boolean(detail[1]));
  return (
    <details className={styles.entry}>
      <summary>{entry.text}</summary>
      <dl>
        {details.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function asText(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}
