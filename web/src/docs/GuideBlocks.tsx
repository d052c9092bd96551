import { Link } from '@tanstack/react-router';
import type { Token, Tokens } from 'marked';
import { Fragment, type ReactNode } from 'react';
import { BasicCalculator } from './BasicCalculator';
import { CodeBlock } from './CodeBlock';
import styles from './GuideBlocks.module.css';
import { plainText, slugOf } from './guide-sections';

/** Draws the Markdown of our own guides. Customers' Markdown goes through ui/Markdown, which trusts nothing. */
export function GuideBlocks({ blocks }: { blocks: readonly Token[] }) {
  return <div className={styles.blocks}>{blocks.map(keyed(block))}</div>;
}

/** Tokens of a text never move, so their place is their key. */
function keyed(draw: (token: Token) => ReactNode) {
  return (token: Token, place: number) => <Fragment key={place}>{draw(token)}</Fragment>;
}

function block(token: Token): ReactNode {
  switch (token.type) {
    case 'heading':
      return <h3 id={slugOf(plainText((token as Tokens.Heading).tokens))}>{inlines(token)}</h3>;
    case 'paragraph':
      return <p>{inlines(token)}</p>;
    case 'text':
      return inlines(token);
    case 'code':
      return code(token as Tokens.Code);
    case 'list':
      return list(token as Tokens.List);
    case 'blockquote':
      return <aside className={styles.note}>{(token as Tokens.Blockquote).tokens.map(keyed(block))}</aside>;
    case 'table':
      return table(token as Tokens.Table);
    case 'space':
      return null;
    default:
      throw new Error(`the guides draw no "${token.type}"`);
  }
}

function code({ lang, text }: Tokens.Code): ReactNode {
  if (lang === 'widget') {
    if (text.trim() === 'basic-calculator') return <BasicCalculator />;
    throw new Error(`there is no widget "${text}"`);
  }
  const [language = 'text', ...title] = (lang ?? '').split(' ');
  return <CodeBlock text={text} language={language} what="code" title={title.join(' ') || undefined} />;
}

function list({ ordered, items }: Tokens.List): ReactNode {
  const List = ordered ? 'ol' : 'ul';
  return (
    <List>
      {items.map((item) => (
        <li key={item.raw}>{item.tokens.map(keyed(block))}</li>
      ))}
    </List>
  );
}

function table({ header, rows }: Tokens.Table): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling table must be reachable by keys
    <section className={styles.scroll} tabIndex={0} aria-label={`Table: ${plainText(header[0]?.tokens)}`}>
      <table>
        <thead>
          <tr>
            {header.map((cell) => (
              <th key={cell.text} scope="col">
                {cell.tokens.map(keyed(inline))}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.map(({ text }) => text).join('|')}>
              {row.map((cell, column) => (
                <td key={header[column]?.text}>{cell.tokens.map(keyed(inline))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function inlines(token: Token): ReactNode {
  const { tokens, text } = token as { tokens?: Token[]; text?: string };
  return tokens ? tokens.map(keyed(inline)) : text;
}

function inline(token: Token): ReactNode {
  switch (token.type) {
    case 'strong':
      return <strong>{inlines(token)}</strong>;
    case 'em':
      return <em>{inlines(token)}</em>;
    case 'codespan':
      return <code>{(token as Tokens.Codespan).text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return link(token as Tokens.Link);
    case 'text':
    case 'escape':
      return inlines(token);
    default:
      throw new Error(`the guides draw no "${token.type}"`);
  }
}

/** Pages of the docs open in place; those of the app are behind the log-in, which is not part of this one. */
function link(token: Tokens.Link): ReactNode {
  const [path = '', hash] = token.href.split('#');
  if (path.startsWith('/docs')) {
    return (
      <Link to={path} {...(hash ? { hash } : {})}>
        {inlines(token)}
      </Link>
    );
  }
  return <a href={token.href}>{inlines(token)}</a>;
}
