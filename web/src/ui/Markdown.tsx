import DOMPurify from 'dompurify';
import { marked } from 'marked';
import { useMemo } from 'react';
import styles from './Markdown.module.css';

const ALLOWED_TAGS = [
  ...[
    'p',
    'br',
    'hr',
    'h1',
    'h2',
    'h3',
    'h4',
    'h5',
    'h6',
    'strong',
    'em',
    'b',
    'i',
    'u',
    's',
    'del',
    'sub',
    'sup',
  ],
  ...['code', 'pre', 'kbd', 'blockquote', 'ul', 'ol', 'li', 'a', 'details', 'summary', 'span', 'div'],
  ...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
];

/**
 * Markdown that a customer wrote, made safe: a short list of tags, no styles, no scripts, no frames. Nothing is loaded
 * from elsewhere, so pictures and frames become links.
 */
export function Markdown({ text }: { text: string }) {
  const html = useMemo(() => markdownToHtml(text), [text]);
  // biome-ignore lint/security/noDangerouslySetInnerHtml: the text has gone through DOMPurify
  return <div className={styles.markdown} dangerouslySetInnerHTML={{ __html: html }} />;
}

export function markdownToHtml(text: string): string {
  const raw = marked.parse(text, { async: false, gfm: true, breaks: true });
  const template = document.createElement('template');
  template.innerHTML = raw;
  for (const embedded of template.content.querySelectorAll('img, iframe')) {
    const address = embedded.getAttribute('src');
    const link = document.createElement('a');
    link.setAttribute('href', address ?? '');
    link.textContent =
      embedded.getAttribute('alt') || embedded.getAttribute('title') || address || 'embedded content';
    embedded.replaceWith(link);
  }
  const clean = DOMPurify.sanitize(template.innerHTML, {
    ALLOWED_TAGS,
    ALLOWED_ATTR: ['href', 'title', 'open', 'colspan', 'rowspan', 'align', 'start'],
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const link of clean.querySelectorAll('a[href]')) {
    link.setAttribute('target', '_blank');
    link.setAttribute('rel', 'noopener noreferrer nofollow');
  }
  const holder = document.createElement('div');
  holder.append(clean);
  return holder.innerHTML;
}
