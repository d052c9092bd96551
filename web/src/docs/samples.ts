/** Writes an example call in each language, as a whole program that runs as printed. */
import {
  type CallValues,
  type ExampleCall,
  filledPath,
  type Json,
  type JsonObject,
  pathParam,
} from './calls';

/** Stands for the key until the reader has entered one. */
export const KEY_PLACEHOLDER = '{{ApiKey}}';

/** Where a sample's calls go and as whom. */
export interface SampleContext {
  /** The server, without a slash at the end. */
  origin: string;
  key: string;
}

export interface Language {
  id: 'curl' | 'python-scaleapi' | 'python-requests' | 'node-scaleapi' | 'node-request' | 'node-fetch';
  name: string;
  /** The file to save it as; curl needs none. Node tells the two kinds of modules apart by its ending. */
  file?: string;
  /** What installs the client. */
  install?: string;
}

export const LANGUAGES: readonly Language[] = [
  { id: 'curl', name: 'curl' },
  { id: 'python-scaleapi', name: 'Python · scaleapi', file: 'example.py', install: 'pip install scaleapi' },
  { id: 'python-requests', name: 'Python · requests', file: 'example.py', install: 'pip install requests' },
  {
    id: 'node-scaleapi',
    name: 'Node · scaleapi',
    file: 'example.cjs',
    install: 'npm install scaleapi request',
  },
  { id: 'node-request', name: 'Node · request', file: 'example.cjs', install: 'npm install request' },
  { id: 'node-fetch', name: 'Node · node-fetch', file: 'example.mjs', install: 'npm install node-fetch' },
];

export type LanguageId = Language['id'];

/** What stands over a sample: the file to save it as, and what it needs. */
export function sampleTitle({ file, install }: Language): string {
  return file && install ? `${file} · ${install}` : 'Shell';
}

/** The program, or null where the language's client has no method for this call. */
export function sample(
  language: LanguageId,
  call: ExampleCall,
  values: CallValues,
  context: SampleContext,
): string | null {
  const url = context.origin + filledPath(call, values);
  switch (language) {
    case 'curl':
      return curl(call, values, url, context.key);
    case 'python-scaleapi':
      return pythonScaleapi(call, values, context);
    case 'python-requests':
      return pythonRequests(call, values, url, context.key);
    case 'node-scaleapi':
      return nodeScaleapi(call, values, context);
    case 'node-request':
      return nodeRequest(call, values, url, context.key);
    case 'node-fetch':
      return nodeFetch(call, values, url, context.key);
  }
}

function curl(call: ExampleCall, values: CallValues, url: string, key: string): string {
  const lines = [`curl ${shellText(url)}`, `-u ${shellText(`${key}:`)}`];
  if (values.body) {
    lines.push("-H 'Content-Type: application/json'");
    lines.push(`-d ${singleQuoted(JSON.stringify(values.body, null, 2))}`);
  } else if (call.method === 'POST') {
    lines.push('-X POST');
  }
  return lines.join(' \\\n  ');
}

function pythonScaleapi(call: ExampleCall, values: CallValues, { origin, key }: SampleContext): string {
  const { client } = call;
  const usesTypes = client.kind === 'create-task' || client.kind === 'create-project';
  return [
    'import scaleapi',
    ...(usesTypes ? ['from scaleapi.tasks import TaskType'] : []),
    '',
    'client = scaleapi.ScaleClient(',
    `    ${pythonText(key)},`,
    `    api_instance_url=${pythonText(`${origin}/v1`)},`,
    ')',
    ...pythonClientCall(call, values),
    '',
  ].join('\n');
}

function pythonClientCall(call: ExampleCall, values: CallValues): string[] {
  const { client } = call;
  const { body, query } = values;
  const taskId = pythonText(pathParam(call, values, 'task_id'));
  switch (client.kind) {
    case 'create-task':
      return [
        'task = client.create_task(',
        `    TaskType.${client.pythonType},`,
        ...pythonArguments(body ?? {}),
        ')',
        'print(task.id, task.status)',
      ];
    case 'get-task':
      return [`task = client.get_task(${taskId})`, 'print(task.as_dict())'];
    case 'cancel-task':
      return [`task = client.cancel_task(${taskId})`, 'print(task.status)'];
    case 'set-task-metadata':
      return [
        `task = client.set_task_metadata(${taskId}, ${pythonLiteral(body ?? {}, 0)})`,
        'print(task.metadata)',
      ];
    case 'list-tasks':
      return [
        `tasks = client.tasks(${Object.entries(query)
          .filter(([, value]) => value !== '')
          .map(([name, value]) => `${name}=${/^\d+$/.test(value) ? value : pythonText(value)}`)
          .join(', ')})`,
        'for task in tasks:',
        '    print(task.id, task.status)',
        'print(tasks.total, "in all")',
      ];
    case 'list-projects':
      return ['for project in client.projects():', '    print(project.name, project.type)', 'print("done")'];
    case 'create-project': {
      const params = body?.params;
      return [
        'project = client.create_project(',
        `    ${pythonLiteral(body?.name ?? '', 4)},`,
        `    TaskType.${client.pythonType},`,
        ...(params === undefined ? [] : [`    params=${pythonLiteral(params, 4)},`]),
        ')',
        'print(project.name, project.type)',
      ];
    }
  }
}

/** Keyword arguments; names that Python cannot spell go in as a dictionary. */
function pythonArguments(body: JsonObject): string[] {
  const names = Object.keys(body);
  if (names.every((name) => /^[A-Za-z_]\w*$/.test(name) && !PYTHON_KEYWORDS.has(name))) {
    return names.map((name) => `    ${name}=${pythonLiteral(body[name] ?? null, 4)},`);
  }
  return [`    **${pythonLiteral(body, 4)},`];
}

const PYTHON_KEYWORDS = new Set([
  'class',
  'def',
  'from',
  'import',
  'in',
  'is',
  'lambda',
  'pass',
  'return',
  'type_',
]);

function pythonRequests(call: ExampleCall, values: CallValues, url: string, key: string): string {
  return [
    'import requests',
    'from requests.auth import HTTPBasicAuth',
    '',
    `response = requests.${call.method.toLowerCase()}(`,
    `    ${pythonText(url)},`,
    `    auth=HTTPBasicAuth(${pythonText(key)}, ''),`,
    ...(values.body ? [`    json=${pythonLiteral(values.body, 4)},`] : []),
    ')',
    'print(response.status_code, response.json())',
    '',
  ].join('\n');
}

/** The address that the official Node client has built in. */
const NODE_CLIENT_ADDRESS = 'https://api.scaleapi.com/v1/';

function nodeScaleapi(call: ExampleCall, values: CallValues, { origin, key }: SampleContext): string | null {
  const clientCall = nodeClientCall(call, values);
  if (clientCall === null) return null;
  return [
    "const request = require('request');",
    "const scaleapi = require('scaleapi');",
    '',
    '// The client has one address built in. Its calls go',
    '// through `request`: send them here instead.',
    "for (const method of ['get', 'post']) {",
    '  const send = request[method];',
    '  request[method] = (options, callback) =>',
    '    send(',
    '      {',
    '        ...options,',
    '        url: options.url.replace(',
    `          ${jsText(NODE_CLIENT_ADDRESS)},`,
    `          ${jsText(`${origin}/v1/`)},`,
    '        ),',
    '      },',
    '      callback,',
    '    );',
    '}',
    '',
    `const client = scaleapi.ScaleClient(${jsText(key)});`,
    clientCall,
    '',
  ].join('\n');
}

function nodeClientCall(call: ExampleCall, values: CallValues): string | null {
  const { client } = call;
  const { body, query } = values;
  const taskId = jsText(pathParam(call, values, 'task_id'));
  const tellTask = '(error, task) => {\n  console.log(error ? error.message : task);\n});';
  switch (client.kind) {
    case 'create-task':
      return `client.createTask(${jsText(client.type)}, ${jsLiteral(body ?? {}, 0)}, ${tellTask}`;
    case 'get-task':
      return `client.fetchTask(${taskId}, ${tellTask}`;
    case 'cancel-task':
      return `client.cancelTask(${taskId}, ${tellTask}`;
    case 'list-tasks': {
      const numbers = Object.fromEntries(
        Object.entries(query).map(([name, value]) => [name, asNumber(value)]),
      );
      return (
        `client.tasks(${jsLiteral(numbers, 0)}, (error, tasks) => {\n` +
        "  console.log(error ? error.message : tasks.docs.map((task) => task.id + ' ' + task.status));\n});"
      );
    }
    case 'set-task-metadata':
    case 'create-project':
    case 'list-projects':
      return null;
  }
}

const asNumber = (text: string): Json => (/^\d+$/.test(text) ? Number(text) : text);

function nodeRequest(call: ExampleCall, values: CallValues, url: string, key: string): string {
  return [
    "const request = require('request');",
    '',
    `request.${call.method.toLowerCase()}(`,
    `  ${jsText(url)},`,
    '  {',
    `    auth: { user: ${jsText(key)}, pass: '' },`,
    `    json: ${values.body ? jsLiteral(values.body, 4) : 'true'},`,
    '  },',
    '  (error, response, body) => {',
    '    console.log(error ?? response.statusCode, body);',
    '  },',
    ');',
    '',
  ].join('\n');
}

function nodeFetch(call: ExampleCall, values: CallValues, url: string, key: string): string {
  const body = values.body
    ? [
        "    'Content-Type': 'application/json',",
        '  },',
        `  body: JSON.stringify(${jsLiteral(values.body, 2)}),`,
      ]
    : ['  },'];
  return [
    "import fetch from 'node-fetch';",
    '',
    `const response = await fetch(${jsText(url)}, {`,
    ...(call.method === 'GET' ? [] : [`  method: '${call.method}',`]),
    '  headers: {',
    `    Authorization: 'Basic ' + btoa(${jsText(key)} + ':'),`,
    ...body,
    '});',
    'console.log(response.status, await response.json());',
    '',
  ].join('\n');
}

/** Text for a POSIX shell in double quotes, or in single quotes where double ones would change it. */
function shellText(text: string): string {
  return /[$`"\\!]/.test(text) ? singleQuoted(text) : `"${text}"`;
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A text in single quotes, as both Python and JavaScript read it. */
function quoted(text: string): string {
  const inside = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inside}'`;
}

const pythonText = quoted;
const jsText = quoted;

/** A JSON value as Python spells it; `indent` is that of the line on which it starts. */
export function pythonLiteral(value: Json, indent: number): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  return literal(value, indent, pythonLiteral, pythonText);
}

/** A JSON value as JavaScript spells it. */
export function jsLiteral(value: Json, indent: number): string {
  if (value === null || typeof value === 'boolean') return String(value);
  return literal(value, indent, jsLiteral, (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : jsText(name)));
}

/** Values of one line up to this width stay on it. */
const LINE_WIDTH = 52;

function literal(
  value: Exclude<Json, null | boolean>,
  indent: number,
  inner: (value: Json, indent: number) => string,
  nameOf: (name: string) => string,
): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoted(value);
  const isList = Array.isArray(value);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  const items = isList
    ? value.map((item) => ({ name: '', item }))
    : Object.entries(value).map(([name, item]) => ({ name: `${nameOf(name)}: `, item }));
  if (items.length === 0) return open + close;
  const short = items.map(({ name, item }) => name + inner(item, 0)).join(', ');
  if (!short.includes('\n') && short.length + indent <= LINE_WIDTH) {
    return isList
      ? `[${short}]`
      : `{ ${short} }`.replace(/^\{ | \}$/g, (edge) => (inner === jsLiteral ? edge : edge.trim()));
  }
  const pad = ' '.repeat(indent + (inner === jsLiteral ? 2 : 4));
  const step = pad.length;
  const lines = items.map(({ name, item }) => `${pad}${name}${inner(item, step)},`);
  return `${open}\n${lines.join('\n')}\n${' '.repeat(indent)}${close}`;
}
