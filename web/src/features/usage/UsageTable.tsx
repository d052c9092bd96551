import type { Usage, UsageRow } from '../../api/types';
import { count, money } from '../../lib/money';
import { Table } from '../../ui/Table';
import styles from './UsageTable.module.css';

/** Charges per day, as bars with the numbers beside them, and every row below. */
export function UsageTable({ usage }: { usage: Usage }) {
  const days = sumByDay(usage.rows);
  const most = Math.max(...days.map((day) => day.amount_micros), 1);
  return (
    <div className={styles.usage}>
      <Table
        caption="Charges per day"
        rows={days}
        rowKey={(day) => day.day}
        columns={[
          { head: 'Day', rowHeader: true, cell: (day) => day.day },
          { head: 'Tasks', number: true, cell: (day) => count(day.tasks) },
          { head: 'Amount', number: true, cell: (day) => money(day.amount_micros, usage.currency) },
          {
            head: 'Share of the highest day',
            cell: (day) => (
              <svg className={styles.bar} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                <rect width={(100 * day.amount_micros) / most} height="10" />
              </svg>
            ),
          },
        ]}
      />
      <h2>Per day, project and type</h2>
      <Table
        caption="Charges per day, project and type"
        rows={usage.rows}
        rowKey={(row) => `${row.day} ${row.type} ${row.project ?? ''}`}
        columns={[
          { head: 'Day', cell: (row) => row.day },
          { head: 'Project', rowHeader: true, cell: (row) => row.project ?? 'Without project' },
          { head: 'Type', cell: (row) => row.type },
          { head: 'Tasks', number: true, cell: (row) => count(row.tasks) },
          { head: 'Amount', number: true, cell: (row) => money(row.amount_micros, usage.currency) },
        ]}
      />
    </div>
  );
}

/** One row a day, newest first. */
export function sumByDay(rows: UsageRow[]): { day: string; tasks: number; amount_micros: number }[] {
  const days = new Map<string, { day: string; tasks: number; amount_micros: number }>();
  for (const { day, tasks, amount_micros } of rows) {
    const sum = days.get(day) ?? { day, tasks: 0, amount_micros: 0 };
    days.set(day, { day, tasks: sum.tasks + tasks, amount_micros: sum.amount_micros + amount_micros });
  }
  return [...days.values()].sort((a, b) => b.day.localeCompare(a.day));
}
