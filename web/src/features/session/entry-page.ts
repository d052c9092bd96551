/** The frame of the pages before the log-in, made without React. */
import { element } from '../../lib/dom';
import styles from './entry-page.module.css';
import type { Welcome } from './welcome';

/** What a page before the log-in knows of its visit. */
export interface Visit {
  /** The address's query, with its `?`. */
  search: string;
  /** From the link of a mail; null where the page was opened without one. */
  token: string | null;
  /** Leaves for another page. */
  goTo: (path: string) => void;
}

/** Shows a card with a heading. The focus goes to the first field to fill in, else to the heading. */
export function showEntry(root: HTMLElement, title: string, ...content: (Node | string)[]): void {
  document.title = `${title} · Weighbridge`;
  const heading = element('h1', { textContent: title, tabIndex: -1 });
  const name = element('p', { className: styles.name ?? '', textContent: 'Weighbridge' });
  const card = element('div', { className: styles.card ?? '' }, name, heading, ...content);
  root.replaceChildren(element('main', { className: styles.page ?? '' }, card));
  (card.querySelector<HTMLElement>('input[autofocus]') ?? heading).focus();
}

export function paragraph(...content: (Node | string)[]): HTMLParagraphElement {
  return element('p', {}, ...content);
}

export function link(href: string, text: string): HTMLAnchorElement {
  return element('a', { href, textContent: text });
}

/** Links below a form. */
export function links(...anchors: HTMLAnchorElement[]): HTMLParagraphElement {
  return element('p', { className: styles.links ?? '' }, ...anchors);
}

/** On a developer's machine no mail leaves: a page of the server shows it. */
export function devMailLink(welcome: Welcome | null): HTMLParagraphElement[] {
  return welcome?.dev ? [paragraph(link('/dev/mail', 'Open the mail of this server'))] : [];
}
