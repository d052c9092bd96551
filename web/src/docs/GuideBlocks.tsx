import { Link } from '@tanstack/react-router';
import type { Token, Tokens } from 'marked';
import { Fragment, type ReactNode } from 'react';
import { BasicCalculator } from './BasicCalculator';
import { CodeBlock } from './CodeBlock';
import { exampleCalls, firstValues } from './calls';
import styles from './GuideBlocks.module.css';
import { plainText, slugOf } from './guide-sections';
import { RoleTable } from './RoleTable';
import { useReaderKey } from './reader-key';
import { KEY_PLACEHOLDER, LANGUAGES, sample, sampleTitle } from './samples';

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
  if (lang === 'sample') {
    const [call = '', language = ''] = text.trim().split(' ');
    return <PrintedSample id={call} language={language} />;
  }
  if (lang === 'widget') {
    if (text.trim() === 'basic-calculator') return <BasicCalculator />;
    if (text.trim() === 'role-table') return <RoleTable />;
    throw new Error(`there is no widget "${text}"`);
  }
  const [language = 'text', ...title] = (lang ?? '').split(' ');
  return <CodeBlock text={text} language={language} what="code" title={title.join(' ') || undefined} />;
}

/** An example call in one language, for reading. Its form is where the guide shows the call itself. */
function PrintedSample({ id, language }: { id: string; language: string }) {
  const key = useReaderKey();
  const origin = window.location.origin;
  const call = exampleCalls(origin).find((one) => one.id === id);
  const known = LANGUAGES.find((one) => one.id === language);
  const text =
    call && known && sample(known.id, call, firstValues(call), { origin, key: key || KEY_PLACEHOLDER });
  if (!known || !text) throw new Error(`there is no sample of "${id}" in "${language}"`);
  return <CodeBlock text={text} language={known.id} what="example" title={sampleTitle(known)} />;
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
