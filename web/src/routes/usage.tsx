import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type FormEvent, useId } from 'react';
import { ApiError, queryText } from '../api/client';
import { usageQuery } from '../api/queries';
import { FailureState } from '../features/shell/FailureState';
import { RoleRefusal } from '../features/shell/RoleRefusal';
import { UsageTable } from '../features/usage/UsageTable';
import { counted, money } from '../lib/money';
import { utcDay } from '../lib/time';
import { Button } from '../ui/Button';
import { PageHeading } from '../ui/PageHeading';
import { EmptyState, LoadingState } from '../ui/states';
import styles from './usage.module.css';

const DAYS_SHOWN = 30;

/** `/:mode/usage`: what the account has been charged, per day and project. */
export function UsagePage() {
  const { mode } = useParams({ from: '/shell/$mode/usage' });
  const search = useSearch({ from: '/shell/$mode/usage' });
  const navigate = useNavigate();
  const id = useId();
  const to = search.to ?? utcDay(new Date());
  const from = search.from ?? utcDay(new Date(Date.parse(to) - (DAYS_SHOWN - 1) * 86_400_000));
  const usage = useQuery(usageQuery(mode, from, to));

  function choosePeriod(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    void navigate({
      to: '/$mode/usage',
      params: { mode },
      search: { from: String(values.get('from')), to: String(values.get('to')) },
    });
  }

  if (usage.error instanceof ApiError && usage.error.code === 'role_required') {
    return (
      <>
        <PageHeading title="Usage" />
        <RoleRefusal text={usage.error.message} />
      </>
    );
  }
  return (
    <>
      <PageHeading title="Usage" />
      <form className={styles.period} onSubmit={choosePeriod}>
        <div>
          <label htmlFor={`${id}-from`}>From</label>
          <input key={from} id={`${id}-from`} type="date" name="from" required defaultValue={from} />
        </div>
        <div>
          <label htmlFor={`${id}-to`}>To</label>
          <input key={to} id={`${id}-to`} type="date" name="to" required defaultValue={to} />
        </div>
        <Button type="submit">Show</Button>
        {mode === 'live' && (
          <a className={styles.csv} href={`/web/live/usage.csv${queryText({ from, to })}`} download>
            Download CSV
          </a>
        )}
      </form>
      {usage.isPending && <LoadingState what="the charges" />}
      {usage.isError && (
        <FailureState
          what="The charges could not be loaded."
          error={usage.error}
          onTryAgain={() => void usage.refetch()}
        />
      )}
      {usage.data && (
        <>
          <p className={styles.total}>
            <strong>{money(usage.data.total_micros, usage.data.currency)}</strong> for{' '}
            {counted(usage.data.total_tasks, 'task')}. Days are in UTC.
          </p>
          {usage.data.rows.length === 0 ? (
            <EmptyState title="No charges in this period.">
              <p>
                {mode === 'test'
                  ? 'Test mode is never charged.'
                  : 'A task is charged when it is completed, at the price of its type.'}
              </p>
            </EmptyState>
          ) : (
            <UsageTable usage={usage.data} />
          )}
        </>
      )}
    </>
  );
}
