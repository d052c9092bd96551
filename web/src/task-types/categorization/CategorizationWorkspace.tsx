import { useId, useState } from 'react';
import { useShortcuts } from '../../ui/shortcuts';
import { AttachmentsAndAnswer } from '../AttachmentsAndAnswer';
import type { WorkspaceProps } from '../definition';
import { type LabelNode, leafLabels } from '../labels';
import styles from './CategorizationWorkspace.module.css';
import { type CategorizationDraft, choose, readParams } from './response';

/** From this many categories on, a field narrows the list. */
const FILTER_FROM = 10;

export function CategorizationWorkspace({
  task,
  draft,
  readOnly,
  problems,
  change,
}: WorkspaceProps<CategorizationDraft>) {
  const params = readParams(task.params);
  const leaves = leafLabels(params.categories);
  const [filter, setFilter] = useState('');
  const filterId = useId();
  const groupName = useId();

  useShortcuts(
    leaves.slice(0, 10).map((category, index) => ({
      keys: [String((index + 1) % 10)],
      name: category.display,
      group: 'Categories',
      run: () => change(choose(params, draft, category.choice)),
    })),
  );

  const wanted = filter.trim().toLocaleLowerCase();
  const matches = (node: LabelNode): boolean =>
    wanted === '' || node.display.toLocaleLowerCase().includes(wanted) || node.children.some(matches);

  function renderNodes(nodes: LabelNode[]) {
    return (
      <ul className={styles.list}>
        {nodes.filter(matches).map((node) =>
          node.children.length > 0 ? (
            <li key={node.choice}>
              {/* biome-ignore lint/a11y/useSemanticElements: a nested fieldset would repeat every name around it */}
              <div role="group" aria-label={node.display}>
                <p className={styles.parent}>{node.display}</p>
                {renderNodes(node.children)}
              </div>
            </li>
          ) : (
            <li key={node.choice}>{renderChoice(node)}</li>
          ),
        )}
      </ul>
    );
  }

  function renderChoice(node: LabelNode) {
    const index = leaves.findIndex((leaf) => leaf.choice === node.choice);
    const key = index < 10 ? String((index + 1) % 10) : undefined;
    return (
      <div className={styles.choice}>
        <label className={styles.label}>
          <input
            type={params.allowMultiple ? 'checkbox' : 'radio'}
            name={groupName}
            checked={draft.chosen.includes(node.choice)}
            disabled={readOnly}
            aria-keyshortcuts={key}
            onChange={() => change(choose(params, draft, node.choice))}
          />
          {node.display}
        </label>
        {key && (
          <span aria-hidden="true" className={styles.key}>
            {key}
          </span>
        )}
      </div>
    );
  }

  return (
    <AttachmentsAndAnswer attachments={task.attachments}>
      <fieldset
        data-problem-path="category"
        aria-invalid={problems.length > 0}
        className={problems.length > 0 ? styles.wrong : undefined}
      >
        <legend className={styles.legend}>{params.allowMultiple ? 'Categories' : 'Category'}</legend>
        {leaves.length >= FILTER_FROM && (
          <div className={styles.filter}>
            <label htmlFor={filterId}>Find a category</label>
            <input
              id={filterId}
              type="search"
              value={filter}
              onChange={(event) => setFilter(event.target.value)}
            />
          </div>
        )}
        {renderNodes(params.categories)}
        {!params.categories.some(matches) && <p>No category contains “{filter}”.</p>}
      </fieldset>
    </AttachmentsAndAnswer>
  );
}
