import { useId, useState } from 'react';
import styles from './CodeTabs.module.css';
import { CopyButton } from './CopyButton';

export interface Code {
  language: string;
  /** What is shown. */
  text: string;
  /** What Copy takes, where that is not what is shown. */
  copied?: () => Promise<string>;
}

const CHOSEN = 'weighbridge.language';

/** The same in several languages. The chosen one is kept on this device, for all places that have it. */
export function CodeTabs({ what, codes }: { what: string; codes: Code[] }) {
  const name = useId();
  const [language, setLanguage] = useState(chosenLanguage);
  const code = codes.find((candidate) => candidate.language === language) ?? codes[0];
  if (!code) return null;

  function choose(chosen: string) {
    setLanguage(chosen);
    try {
      localStorage.setItem(CHOSEN, chosen);
    } catch {
      // Without storage the choice holds for this page.
    }
  }

  return (
    <div className={styles.frame}>
      <div className={styles.bar}>
        <fieldset className={styles.languages}>
          <legend className="visually-hidden">Language of the {what}</legend>
          {codes.map((candidate) => (
            <label key={candidate.language} className={styles.language}>
              <input
                type="radio"
                name={name}
                checked={candidate === code}
                onChange={() => choose(candidate.language)}
              />
              {candidate.language}
            </label>
          ))}
        </fieldset>
        <CopyButton small what={what} text={code.copied ?? code.text} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keys */}
      <pre className={styles.code} tabIndex={0}>
        {code.text}
      </pre>
    </div>
  );
}

function chosenLanguage(): string {
  try {
    return localStorage.getItem(CHOSEN) ?? '';
  } catch {
    return '';
  }
}
