import { useMutation } from '@tanstack/react-query';
import { fetchFile, queryText } from '../../api/client';
import { Button } from '../../ui/Button';
import { failureText } from '../session/plain-form';
import { GivenUp, useRecentLogIn } from '../session/use-recent-log-in';
import styles from './AuditExport.module.css';

type Format = 'ndjson' | 'csv';

/** The whole log as a file. It is fetched by the page, so that the password can be asked for first. */
export function AuditExport() {
  const { withRecentLogIn, question } = useRecentLogIn('export the audit log');
  const save = useMutation({
    mutationFn: async (format: Format) => {
      const file = await withRecentLogIn(() => fetchFile(`/web/audit/export${queryText({ format })}`));
      saveFile(file, `audit.${format}`);
    },
  });
  return (
    <div className={styles.export}>
      {(['ndjson', 'csv'] as const).map((format) => (
        <Button
          key={format}
          aria-busy={save.isPending && save.variables === format}
          refused={save.isPending && 'An export is on its way.'}
          onClick={() => save.mutate(format)}
        >
          Export {format.toUpperCase()}
        </Button>
      ))}
      <span role="status">{save.isPending && 'Exporting…'}</span>
      {save.isError && !(save.error instanceof GivenUp) && (
        <p role="alert" className={styles.failure}>
          {failureText(save.error)}
        </p>
      )}
      {question}
    </div>
  );
}

function saveFile(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The download has taken hold of the data by the next turn.
  window.setTimeout(() => URL.revokeObjectURL(link.href), 0);
}
