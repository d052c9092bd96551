import { type FormEvent, useId, useRef, useState } from 'react';
import { apiPath, request } from '../../api/client';
import type { Mode } from '../../api/types';
import { Button } from '../../ui/Button';
import { useSending } from '../session/use-sending';
import type { Verification } from './types';
import { VerificationView } from './VerificationView';
import styles from './Verifier.module.css';

/** Takes headers and body as a server got them, and says which key and secret fit. Nothing of it is kept. */
export function Verifier({ mode }: { mode: Mode }) {
  const id = useId();
  const headersField = useRef<HTMLTextAreaElement>(null);
  const [headers, setHeaders] = useState('');
  const [body, setBody] = useState('');
  const [result, setResult] = useState<Verification | null>(null);
  const { sending, failure, run, fail } = useSending();

  function verify(event: FormEvent) {
    event.preventDefault();
    if (headers.trim() === '') {
      fail('Paste the headers first, one a line.');
      headersField.current?.focus();
      return;
    }
    void run(async () => {
      setResult(null);
      setResult(
        await request<Verification>('POST', apiPath('web', mode, 'callbacks', 'verify'), { headers, body }),
      );
    });
  }

  return (
    <>
      <p className={styles.about}>
        Paste what your server got, and see which key fits, how old it is, and what changed on the way.
        Nothing of it is kept.
      </p>
      <form className={styles.form} noValidate onSubmit={verify}>
        <div>
          <label htmlFor={`${id}-headers`}>Headers</label>
          <p id={`${id}-headers-hint`} className={styles.hint}>
            One a line, as <code>name: value</code>
          </p>
          <textarea
            ref={headersField}
            id={`${id}-headers`}
            aria-describedby={`${id}-headers-hint ${id}-failure`}
            aria-invalid={failure !== null && headers.trim() === ''}
            rows={8}
            autoComplete="off"
            spellCheck={false}
            value={headers}
            onChange={(event) => setHeaders(event.target.value)}
          />
        </div>
        <div>
          <label htmlFor={`${id}-body`}>Body</label>
          <p id={`${id}-body-hint`} className={styles.hint}>
            Byte for byte, before any program parsed it
          </p>
          <textarea
            id={`${id}-body`}
            aria-describedby={`${id}-body-hint`}
            rows={8}
            autoComplete="off"
            spellCheck={false}
            value={body}
            onChange={(event) => setBody(event.target.value)}
          />
        </div>
        <p id={`${id}-failure`} role="alert" className={styles.failure}>
          {failure}
        </p>
        <div>
          <Button look="primary" type="submit" aria-busy={sending}>
            Verify
          </Button>
        </div>
      </form>
      <div role="status">{result && <VerificationView result={result} />}</div>
    </>
  );
}
