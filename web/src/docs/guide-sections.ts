/** A guide's Markdown as sections, one for each heading of the second rank. */
import { marked, type Token, type Tokens } from 'marked';

export interface Section {
  /** Fragment of its address; empty for what stands before the first heading. */
  id: string;
  title: string;
  /** What is read, without the example calls. */
  blocks: Token[];
  /** Ids of its example calls, in order. */
  calls: string[];
}

export interface ParsedGuide {
  title: string;
  sections: Section[];
}

export function parseGuide(markdown: string): ParsedGuide {
  const guide: ParsedGuide = { title: '', sections: [{ id: '', title: '', blocks: [], calls: [] }] };
  for (const token of marked.lexer(markdown)) {
    if (isHeading(token) && token.depth === 1) {
      guide.title = plainText(token.tokens);
      continue;
    }
    if (isHeading(token) && token.depth === 2) {
      const title = plainText(token.tokens);
      guide.sections.push({ id: slugOf(title), title, blocks: [], calls: [] });
      continue;
    }
    const section = guide.sections.at(-1);
    if (token.type === 'code' && (token as Tokens.Code).lang === 'call') {
      section?.calls.push((token as Tokens.Code).text.trim());
    } else if (token.type !== 'space') {
      section?.blocks.push(token);
    }
  }
  return guide;
}

function isHeading(token: Token): token is Tokens.Heading {
  return token.type === 'heading';
}

/** What stands in an address for a heading. */
export function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[’']/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** The words of tokens, without their form. */
export function plainText(tokens: readonly Token[] | undefined): string {
  const texts = (tokens ?? []).map((token): string => {
    const { tokens: inner, text } = token as { tokens?: Token[]; text?: string };
    if (token.type === 'list')
      return (token as Tokens.List).items.map((item) => plainText(item.tokens)).join('\n');
    if (token.type === 'table') {
      const { header, rows } = token as Tokens.Table;
      return [header, ...rows].map((row) => row.map((cell) => plainText(cell.tokens)).join(' ')).join('\n');
    }
    if (token.type === 'br') return ' ';
    return inner && inner.length > 0 ? plainText(inner) : (text ?? '');
  });
  return texts.join('');
}
