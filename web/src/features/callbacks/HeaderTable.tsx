import { Table } from '../../ui/Table';
import type { Header } from './types';

/** The headers of a request or an answer, in their order. */
export function HeaderTable({ caption, headers }: { caption: string; headers: Header[] }) {
  if (headers.length === 0) return <p>No headers.</p>;
  // A header may come twice, so its name alone is no key.
  const rows = headers.map(([name, value], index) => ({ key: `${index} ${name}`, name, value }));
  return (
    <Table
      caption={caption}
      rows={rows}
      rowKey={({ key }) => key}
      columns={[
        { head: 'Header', rowHeader: true, cell: ({ name }) => <code>{name}</code> },
        { head: 'Value', cell: ({ value }) => <code>{value}</code> },
      ]}
    />
  );
}
