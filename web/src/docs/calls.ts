/**
 * Every example call of the docs: what it sends, and how the official clients name it. The samples in all languages,
 * the form of "Try it!" and the tests that run them are made from this table alone.
 */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** How the official clients spell a call. */
export type ClientCall =
  | { kind: 'create-task'; type: string; pythonType: string }
  | { kind: 'get-task' }
  | { kind: 'cancel-task' }
  | { kind: 'set-task-metadata' }
  | { kind: 'list-tasks' }
  | { kind: 'create-project'; pythonType: string }
  | { kind: 'list-projects' };

export interface ExampleCall {
  id: string;
  title: string;
  method: 'GET' | 'POST';
  /** The path, with `{name}` for what the reader fills in. */
  path: string;
  query?: Record<string, string>;
  /** What stands for `{name}` until the reader fills it in, and what it is. */
  pathParams?: Record<string, { sample: string; about: string }>;
  body?: JsonObject;
  client: ClientCall;
  /** With a live key a person is asked and the account is charged. */
  charged: boolean;
  /** The status of the answer with a test key, where the call is there to show a refusal. */
  refusedWith?: number;
}

const TASK_ID = {
  task_id: { sample: '{{TaskId}}', about: 'The task_id of a task that you made in the same mode' },
};

function createTask(
  type: string,
  pythonType: string,
  body: JsonObject,
  { id = `create-${type}`, ...others }: Partial<ExampleCall> = {},
): ExampleCall {
  return {
    id,
    title: `Create a task of the type ${type}`,
    method: 'POST',
    path: `/v1/task/${type}`,
    body,
    client: { kind: 'create-task', type, pythonType },
    charged: true,
    ...others,
  };
}

/** All example calls; pictures are those that the server at `origin` shows to everybody. */
export function exampleCalls(origin: string): ExampleCall[] {
  const picture = (name: string) => `${origin}/samples/${name}`;
  return [
    {
      id: 'list-tasks',
      title: 'List tasks',
      method: 'GET',
      path: '/v1/tasks',
      query: { limit: '3' },
      client: { kind: 'list-tasks' },
      charged: false,
    },
    {
      id: 'get-task',
      title: 'Retrieve a task',
      method: 'GET',
      path: '/v1/task/{task_id}',
      pathParams: TASK_ID,
      client: { kind: 'get-task' },
      charged: false,
    },
    {
      id: 'cancel-task',
      title: 'Cancel a task',
      method: 'POST',
      path: '/v1/task/{task_id}/cancel',
      pathParams: TASK_ID,
      client: { kind: 'cancel-task' },
      charged: false,
      refusedWith: 400,
    },
    {
      id: 'set-metadata',
      title: "Replace a task's metadata",
      method: 'POST',
      path: '/v1/task/{task_id}/setMetadata',
      pathParams: TASK_ID,
      body: { lane: 4, checked: true },
      client: { kind: 'set-task-metadata' },
      charged: false,
    },
    {
      id: 'list-projects',
      title: 'List projects',
      method: 'GET',
      path: '/v1/projects',
      client: { kind: 'list-projects' },
      charged: false,
    },
    {
      id: 'create-project',
      title: 'Create a project',
      method: 'POST',
      path: '/v1/projects',
      body: {
        name: 'gate cameras',
        type: 'categorization',
        params: { instruction: 'Is the gate open?', categories: ['open', 'closed'] },
      },
      client: { kind: 'create-project', pythonType: 'Categorization' },
      charged: false,
    },
    createTask(
      'categorization',
      'Categorization',
      {
        project: 'cows',
        attachment: 'Is this a cow?',
        attachment_type: 'text',
        categories: ['cow', 'no cow'],
      },
      {
        id: 'project-of-the-other-mode',
        title: 'Name a project that this mode does not have',
        refusedWith: 404,
      },
    ),
    createTask(
      'categorization',
      'Categorization',
      { attachment: 'The gate is open.', attachment_type: 'text', categories: ['open', 7] },
      { id: 'wrong-parameter', title: 'Send a wrong parameter', refusedWith: 400 },
    ),
    createTask(
      'categorization',
      'Categorization',
      {
        callback_url: 'https://receiver.example/callbacks',
        attachment: 'The gate is open.',
        attachment_type: 'text',
        categories: ['open', 'closed'],
      },
      { id: 'create-with-callback', title: 'Create a task with a callback URL' },
    ),
    createTask('categorization', 'Categorization', {
      instruction: 'What is in the picture?',
      attachment: picture('cat.jpg'),
      attachment_type: 'image',
      categories: ['animal', 'food', 'person'],
    }),
    createTask('textcollection', 'TextCollection', {
      instruction: 'Describe the picture.',
      attachments: [{ type: 'image', content: picture('coffee.jpg') }],
      fields: [
        { type: 'text', field_id: 'caption', title: 'A caption', required: true },
        {
          type: 'category',
          field_id: 'full',
          title: 'Is the cup full?',
          choices: [
            { label: 'Yes', value: 'yes' },
            { label: 'No', value: 'no' },
          ],
        },
      ],
    }),
    createTask('transcription', 'Transcription', {
      instruction: 'Write down what is printed on the rocket.',
      attachment: picture('rocket.jpg'),
      attachment_type: 'image',
      fields: { text: 'The printed text' },
    }),
    createTask('datacollection', 'DataCollection', {
      instruction: 'Find out where the picture was taken.',
      attachment: picture('rocket.jpg'),
      attachment_type: 'image',
      fields: { place: 'Name of the place' },
    }),
    createTask('namedentityrecognition', 'NamedEntityRecognition', {
      instruction: 'Mark companies and places.',
      text: 'Example Works opened in Lagos.',
      labels: [
        { name: 'company', description: 'A company' },
        { name: 'place', description: 'A place' },
      ],
    }),
    createTask('imageannotation', 'ImageAnnotation', {
      instruction: 'Draw a box around each cat.',
      attachment: picture('cat.jpg'),
      geometries: { box: { objects_to_annotate: ['cat'], min_width: 10, min_height: 10 } },
    }),
    ...(
      [
        ['annotation', 'Annotation', 'Draw a box around each cat.', 'cat.jpg', 'cat'],
        ['polygonannotation', 'PolygonAnnotation', 'Outline the cup.', 'coffee.jpg', 'cup'],
        ['lineannotation', 'LineAnnotation', 'Draw a line along the rocket.', 'rocket.jpg', 'rocket'],
        ['pointannotation', 'PointAnnotation', 'Set a point on each eye.', 'astronaut.jpg', 'eye'],
      ] as const
    ).map(([type, pythonType, instruction, name, object]) =>
      createTask(type, pythonType, {
        instruction,
        attachment: picture(name),
        attachment_type: 'image',
        objects_to_annotate: [object],
      }),
    ),
  ];
}

/** What the reader has filled in for a call. */
export interface CallValues {
  pathParams: Record<string, string>;
  query: Record<string, string>;
  body: JsonObject | undefined;
}

/** A call's values before the reader changes any. */
export function firstValues(call: ExampleCall): CallValues {
  const pathParams: Record<string, string> = {};
  for (const [name, { sample }] of Object.entries(call.pathParams ?? {})) pathParams[name] = sample;
  return { pathParams, query: { ...call.query }, body: call.body };
}

/** What stands for a parameter of the path: what the reader entered, or its placeholder. */
export function pathParam(call: ExampleCall, values: CallValues, name: string): string {
  return values.pathParams[name] || call.pathParams?.[name]?.sample || '';
}

/** The path with its parameters and query filled in. Placeholders such as `{{TaskId}}` stay readable. */
export function filledPath(call: ExampleCall, values: CallValues): string {
  const path = call.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = pathParam(call, values, name);
    return value.startsWith('{{') ? value : encodeURIComponent(value);
  });
  const query = new URLSearchParams(
    Object.entries(values.query).filter(([, value]) => value !== ''),
  ).toString();
  return query === '' ? path : `${path}?${query}`;
}
