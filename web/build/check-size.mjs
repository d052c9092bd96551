// Fails the build when a first load weighs more than its budget. Sizes are of the gzipped files.
import { readFileSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const KB = 1024;
const out = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', out), 'utf8'));

// Only this check needs it; the server would hand it out as a file of the app.
rmSync(new URL('.vite/', out), { recursive: true });

const gzipBytes = (file) => gzipSync(readFileSync(new URL(file, out)), { level: 9 }).length;

/** A chunk with everything that it imports at once. */
function withImports(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const imported of manifest[key]?.imports ?? []) withImports(imported, seen);
  return seen;
}

function weigh(keys, part) {
  const files = new Set();
  for (const key of keys) {
    for (const chunk of withImports(key)) {
      for (const file of part === 'css' ? (manifest[chunk].css ?? []) : [manifest[chunk].file])
        files.add(file);
    }
  }
  return [...files].reduce((sum, file) => sum + gzipBytes(file), 0);
}

const entry = 'index.html';
const app = [entry, 'src/app.tsx'];
const taskTypes = Object.keys(manifest).filter((key) => /^src\/task-types\/[^/]+\/index\.tsx$/.test(key));
const pages = Object.keys(manifest).filter((key) => /^src\/routes\/.*\.tsx$/.test(key));
const docs = Object.keys(manifest).filter((key) => /^src\/docs\/.*Page\.tsx$/.test(key));
const docsFrame = [...app, 'src/docs/DocsLayout.tsx'];
const reference = [...docsFrame, 'src/docs/ReferencePage.tsx'];
// Pages before the log-in stand without the app.
const entryPages = Object.keys(manifest).filter((key) => /^src\/routes\/.*\.ts$/.test(key));
const appBytes = weigh(app, 'js');

const budgets = [
  ...entryPages.map((page) => [`${page}, JS without the app`, weigh([entry, page], 'js'), 60 * KB]),
  ...pages.map((page) => [`${page}, JS at first load`, weigh([...app, page], 'js'), 200 * KB]),
  ...pages.map((page) => [`${page}, CSS at first load`, weigh([...app, page], 'css'), 30 * KB]),
  ...docs.map((page) => [`${page}, JS at first load`, weigh([...docsFrame, page], 'js'), 200 * KB]),
  ...docs.map((page) => [`${page}, CSS at first load`, weigh([...docsFrame, page], 'css'), 30 * KB]),
  [
    'src/docs/reference.ts, JS beyond the page',
    weigh([...reference, 'src/docs/reference.ts'], 'js') - weigh(reference, 'js'),
    1.3 * 1024 * KB,
  ],
  ...taskTypes.map((type) => [
    `${type} with the workspace, JS beyond the app`,
    weigh([...app, 'src/routes/workspace.tsx', type], 'js') - appBytes,
    250 * KB,
  ]),
];

let over = false;
for (const [what, bytes, most] of budgets) {
  if (bytes > most) over = true;
  console.log(
    `${bytes > most ? 'TOO BIG' : 'ok     '} ${(bytes / KB).toFixed(1).padStart(7)} of ${most / KB} KB  ${what}`,
  );
}
if (over) process.exit(1);
