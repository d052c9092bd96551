// @vitest-environment jsdom
// The sanitiser needs a complete DOM, which the quicker one of the other tests is not.
import { expect, it } from 'vitest';
import { markdownToHtml } from './Markdown';

it('shows Markdown', () => {
  expect(markdownToHtml('Is it **loaded**?\n\n- yes\n- no')).toBe(
    '<p>Is it <strong>loaded</strong>?</p>\n<ul>\n<li>yes</li>\n<li>no</li>\n</ul>\n',
  );
});

it.each([
  ['<script>alert(1)</script>x', /script|alert/],
  ['<b onclick="alert(1)" style="color:red">x</b>', /onclick|style/],
  ['[x](javascript:alert(1))', /javascript/],
  ['<form action="/web/session"><input name=password></form>', /form|input/],
  ['<svg><use href="//evil.example/x"></use></svg>', /svg|use/],
])('leaves out of %s what could run or deceive', (markdown, forbidden) => {
  expect(markdownToHtml(markdown)).not.toMatch(forbidden);
});

it('loads nothing from elsewhere: pictures and frames become links that open a new tab', () => {
  const html = markdownToHtml(
    '![a cow](https://yard.example/cow.jpg)\n\n<iframe src="https://slides.example/1"></iframe>',
  );
  expect(html).not.toMatch(/<img|<iframe/);
  expect(html).toContain('href="https://yard.example/cow.jpg"');
  expect(html).toContain('>a cow</a>');
  expect(html).toContain('href="https://slides.example/1"');
  expect(html).toContain('rel="noopener noreferrer nofollow"');
  expect(html).toContain('target="_blank"');
});
