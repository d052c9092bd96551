import type { Mode } from '../../api/types';
import { CopyButton } from '../../ui/CopyButton';
import styles from './CreateCall.module.css';

interface CreateCallProps {
  path: string;
  mode: Mode;
  body: Record<string, unknown>;
}

/** A call that can be pasted into a shell, filled with this server's address. */
export function CreateCall({ path, mode, body }: CreateCallProps) {
  const json = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  const call = `curl ${window.location.origin}${path} \\
  -u "$${mode.toUpperCase()}_API_KEY:" \\
  -H 'Content-Type: application/json' \\
  -d '${json}'`;
  return (
    <div className={styles.call}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keys */}
      <pre className={styles.text} tabIndex={0}>
        {call}
      </pre>
      <CopyButton text={call} what="call" small />
    </div>
  );
}
