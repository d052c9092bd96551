import styles from './GuideBlocks.module.css';
import table from './role-table.json';

const ROLES = ['admin', 'manager', 'member', 'labeler'] as const;
const WORDS: Record<string, string> = { allow: 'yes', recent: 'with password', deny: 'no' };

/** Who may do what: the server's own table (crates/domain/src/role.rs), not a copy of it. */
export function RoleTable() {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling table must be reachable by keys
    <section className={styles.scroll} tabIndex={0} aria-label="Who may do what">
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Admin</th>
            <th scope="col">Manager</th>
            <th scope="col">Member</th>
            <th scope="col">Labeler</th>
          </tr>
        </thead>
        <tbody>
          {table.map((row) => (
            <tr key={row.capability}>
              <th scope="row">{row.description}</th>
              {ROLES.map((role) => (
                <td key={role}>{WORDS[row[role]]}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
