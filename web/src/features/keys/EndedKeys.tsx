import type { Key } from '../../api/types';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import styles from './KeyCard.module.css';
import { MODE_WORDS } from './key-words';

/** Keys that work no more, folded away. They stay on record: none is ever given out again. */
export function EndedKeys({ keys }: { keys: Key[] }) {
  if (keys.length === 0) return null;
  return (
    <details className={styles.ended}>
      <summary>Ended keys ({keys.length})</summary>
      <Table
        caption="Ended keys"
        rows={keys}
        rowKey={(key) => key.key_id}
        columns={[
          { head: 'Name', rowHeader: true, cell: (key) => key.name },
          { head: 'Key', cell: (key) => <code>{key.hint}</code> },
          { head: 'Mode', cell: (key) => MODE_WORDS[key.environment] },
          { head: 'State', cell: (key) => key.state },
          { head: 'Ended', cell: (key) => endOf(key) },
          {
            head: 'Last used',
            cell: (key) => (key.last_used_at === null ? 'never' : <Time iso={key.last_used_at} />),
          },
        ]}
      />
    </details>
  );
}

function endOf(key: Key) {
  const end = key.revoked_at ?? key.expires_at;
  return end === null ? '–' : <Time iso={end} />;
}
