import { afterEach, expect, it, vi } from 'vitest';
import { entryScript, isNewVersionReady } from './app-version';

function page(script: string): string {
  return `<!doctype html><script type="module" crossorigin src="${script}"></script>`;
}

function serve(body: string, status = 200): void {
  vi.stubGlobal('fetch', async () => new Response(body, { status }));
}

afterEach(() => vi.unstubAllGlobals());

it('I17 tells of a new version where the server names another script', async () => {
  serve(page('/assets/index-b.js'));
  expect(await isNewVersionReady('/assets/index-a.js')).toBe(true);
  expect(await isNewVersionReady('/assets/index-b.js')).toBe(false);
});

it('I17 takes nothing else for a new version', async () => {
  serve('<p>Under repair</p>');
  expect(await isNewVersionReady('/assets/index-a.js')).toBe(false);
  serve(page('/assets/index-b.js'), 502);
  expect(await isNewVersionReady('/assets/index-a.js')).toBe(false);
});

it('I17 reads the script of a page', () => {
  expect(entryScript(page('/assets/index-5YvwG1l6.js'))).toBe('/assets/index-5YvwG1l6.js');
  expect(entryScript('<script src="/x.js"></script>')).toBeNull();
});
