/** Labels, choices and categories: a string, or an object with `choice`, `display` and `subchoices`. */

export interface LabelNode {
  /** The value that goes into the response. */
  choice: string;
  /** The text that people see. */
  display: string;
  /** What one has to open before it can be chosen; empty for what can be chosen itself. */
  children: LabelNode[];
}

/** Reads a list of labels as API v1 takes them; what is neither string nor description is left out. */
export function readLabels(value: unknown): LabelNode[] {
  if (!Array.isArray(value)) {
    if (typeof value === 'object' && value !== null) return readLabels(Object.values(value));
    return [];
  }
  const nodes: LabelNode[] = [];
  for (const entry of value) {
    if (typeof entry === 'string') {
      nodes.push({ choice: entry, display: entry, children: [] });
    } else if (typeof entry === 'object' && entry !== null && 'choice' in entry) {
      const { choice, display, subchoices } = entry as Record<string, unknown>;
      const name = String(choice);
      nodes.push({
        choice: name,
        display: typeof display === 'string' && display !== '' ? display : name,
        children: readLabels(subchoices ?? []),
      });
    }
  }
  return nodes;
}

/** The labels that can be chosen: the leaves of the tree, in the order shown. */
export function leafLabels(nodes: LabelNode[]): LabelNode[] {
  return nodes.flatMap((node) => (node.children.length === 0 ? [node] : leafLabels(node.children)));
}
