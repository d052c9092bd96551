import { useState } from 'react';
import { Dialog } from './Dialog';
import styles from './ShortcutDialog.module.css';
import { type Shortcut, type ShortcutTable, setSingleKeysOff, singleKeysOff } from './shortcuts';

/** The key list, made from the table that the key handler itself uses. */
export function ShortcutDialog({ table, onClose }: { table: ShortcutTable; onClose: () => void }) {
  const [off, setOff] = useState(singleKeysOff);
  const groups = new Map<string, Shortcut[]>();
  for (const shortcut of table.all()) {
    groups.set(shortcut.group, [...(groups.get(shortcut.group) ?? []), shortcut]);
  }
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose} wide>
      <div className={styles.groups}>
        {[...groups].map(([group, shortcuts]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl className={styles.list}>
              {shortcuts.map((shortcut) => (
                <div key={shortcut.name} className={styles.row}>
                  <dt>{shortcut.name}</dt>
                  <dd>
                    {shortcut.keys.map((key, index) => (
                      <span key={key}>
                        {index > 0 && ' or '}
                        <kbd>{key.replace('Mod', MODIFIER).replace(' ', ' then ')}</kbd>
                      </span>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <label className={styles.setting}>
        <input
          type="checkbox"
          checked={!off}
          onChange={(event) => {
            setSingleKeysOff(!event.target.checked);
            setOff(!event.target.checked);
          }}
        />
        Use single keys, without Ctrl
      </label>
    </Dialog>
  );
}

const MODIFIER = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';
