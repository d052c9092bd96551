/** Tasks of each type, for the mock server. */

export interface MockTask {
  task_id: string;
  type: string;
  project: string | null;
  batch: string | null;
  instruction: string | null;
  params: Record<string, unknown>;
  attachments: { kind: string; url: string | null; text: string | null; source: string }[];
  created_at: string;
  answer: unknown;
}

const IMAGE = [{ kind: 'image', url: '/picture', text: null, source: 'https://yard.example/p/117.jpg' }];

function text(content: string) {
  return [{ kind: 'text', url: null, text: content, source: '' }];
}

export function projects(mode: 'live' | 'test') {
  const project = (name: string, type: string, pending: number, completed: number) => ({
    ...{ id: `${mode}-${name}`, name, type, created_at: '2026-11-20T09:00:00.000Z', pending, completed },
    ...{ canceled: 2, error: name === 'cows' ? 1 : 0, last_task_at: '2026-11-24T10:00:00.000Z' },
  });
  return [
    project('gate-cameras', 'imageannotation', mode === 'live' ? 1204 : 0, 3310),
    ...(mode === 'live'
      ? [project('cows', 'categorization', 12, 88), project('way bills a/b ü', 'transcription', 3, 0)]
      : []),
  ];
}

export function sampleTasks(): MockTask[] {
  const tasks: Omit<MockTask, 'task_id' | 'created_at' | 'batch'>[] = [
    {
      type: 'categorization',
      project: 'gate-cameras',
      instruction:
        'Is the truck **loaded**? Look at the bed.\n\n- Loaded: anything on it\n- Empty: nothing on it',
      params: { categories: ['loaded', 'empty', 'cannot tell'], allow_multiple: false },
      attachments: IMAGE,
      answer: { category: 'loaded' },
    },
    {
      type: 'imageannotation',
      project: 'gate-cameras',
      instruction: 'Draw a box around every **truck** and a polygon around the **road**.',
      params: {
        geometries: {
          box: {
            objects_to_annotate: ['truck', 'trailer', { choice: 'car', display: 'Car' }],
            min_width: 10,
            min_height: 10,
          },
          polygon: { objects_to_annotate: ['road', 'grass'], min_vertices: 3 },
          line: { objects_to_annotate: ['kerb'] },
          point: { objects_to_annotate: ['hook'] },
        },
        annotation_attributes: {
          loaded: {
            type: 'category',
            description: 'Loaded?',
            choices: ['yes', 'no'],
            conditions: { label_condition: { label: ['truck'] } },
          },
          wheels: { type: 'number', description: 'Wheels', min: 2, max: 24, required: false },
          weather: { type: 'category', choices: ['dry', 'rain'], conditions: { is_global: true } },
        },
      },
      attachments: IMAGE,
      answer: {
        annotations: [
          {
            uuid: 'a',
            type: 'box',
            label: 'truck',
            left: 240,
            top: 210,
            width: 330,
            height: 190,
            attributes: { loaded: 'yes' },
          },
          {
            uuid: 'b',
            type: 'polygon',
            label: 'road',
            vertices: [
              { x: 0, y: 430 },
              { x: 800, y: 400 },
              { x: 800, y: 600 },
              { x: 0, y: 600 },
            ],
            attributes: {},
          },
        ],
        links: [],
        global_attributes: { weather: 'dry' },
      },
    },
    {
      type: 'textcollection',
      project: null,
      instruction: 'Fill in what you see on the picture.',
      params: {
        title: 'Way bill',
        description: 'One form per picture.',
        fields: [
          {
            type: 'text',
            field_id: 'plate',
            title: 'Plate',
            required: true,
            hint: 'As printed',
            max_characters: 12,
            min_responses_required: 1,
            max_responses_required: 3,
          },
          { type: 'number', field_id: 'axles', title: 'Axles', min: 2, max: 12, suffix: 'axles' },
          { type: 'boolean', field_id: 'damaged', title: 'Damaged?', required: true },
          {
            type: 'category',
            field_id: 'damage',
            title: 'Damage',
            choices: [
              { label: 'Dent', value: 'dent' },
              { label: 'Rust', value: 'rust' },
            ],
            max_choices: 2,
            conditions: [{ damaged: true }],
            required: true,
          },
          {
            type: 'select',
            field_id: 'colour',
            title: 'Colour',
            choices: [
              { label: 'Red', value: 'red' },
              { label: 'Blue', value: 'blue' },
            ],
          },
          { type: 'datetime', field_id: 'seen_at', title: 'Seen at' },
          { type: 'time_range', field_id: 'span', title: 'Span in the video' },
          { type: 'ranking', field_id: 'order', title: 'Order of wear', options: ['tyres', 'doors', 'bed'] },
          {
            type: 'field_set',
            field_id: 'driver',
            title: 'Driver',
            inline: true,
            fields: [
              { type: 'text', field_id: 'first', title: 'First name' },
              { type: 'text', field_id: 'last', title: 'Last name' },
            ],
          },
        ],
      },
      attachments: IMAGE,
      answer: { annotations: { plate: { type: 'text', field_id: 'plate', response: ['AB-123'] } } },
    },
    {
      type: 'transcription',
      project: 'way bills a/b ü',
      instruction: 'Copy the fields.',
      params: {
        fields: { plate: 'Number plate', net: 'Net weight in kg' },
        repeatable_fields: { item: 'Item', amount: 'Amount' },
      },
      attachments: IMAGE,
      answer: {
        fields: { plate: 'AB-123', net: '1200' },
        repeatable_fields: [{ item: 'coal', amount: '12' }],
      },
    },
    {
      type: 'datacollection',
      project: null,
      instruction: 'Find the phone number on the page.',
      params: { fields: { phone: 'Phone number', city: 'City' } },
      attachments: [{ kind: 'website', url: null, text: null, source: 'https://yard.example/contact' }],
      answer: { fields: { phone: '112', city: 'Lagos' }, time_spent_in_seconds: 15 },
    },
    {
      type: 'namedentityrecognition',
      project: null,
      instruction: 'Mark people, places and companies.',
      params: {
        text: 'Lagos: Acme 🚚 Ltd. signed with Ada Lovelace on Monday.\n\nThe trucks of Acme leave from Tema at dawn.',
        labels: [
          { name: 'place', description: 'A city or country' },
          { name: 'company', description: 'A firm' },
          { name: 'person', description: 'A human being' },
        ],
        relationships: [
          { name: 'based_in', source_labels: ['company'], target_labels: ['place'], is_directed: true },
        ],
      },
      attachments: [],
      answer: {
        annotations: [{ id: 'a1', start: 0, end: 5, text: 'Lagos', label: 'place' }],
        relationships: [],
        global_attributes: {},
      },
    },
    {
      type: 'annotation',
      project: null,
      instruction: 'Box every truck.',
      params: { objects_to_annotate: ['truck'], with_labels: false, min_width: 0, min_height: 0 },
      attachments: IMAGE,
      answer: { annotations: [{ left: 240, top: 210, width: 330, height: 190, label: 'truck' }] },
    },
    {
      type: 'categorization',
      project: 'cows',
      instruction: null,
      params: {
        categories: Array.from({ length: 14 }, (_, index) => `breed ${index + 1}`),
        allow_multiple: true,
      },
      attachments: text('A black and white cow with a bell around her neck stands in front of the barn.'),
      answer: { category: ['breed 1'] },
    },
    {
      type: 'videoannotation',
      project: null,
      instruction: 'Follow the truck.',
      params: { geometries: { box: { objects_to_annotate: ['truck'] } } },
      attachments: IMAGE,
      answer: {},
    },
  ];
  return tasks.map((task, index) => ({
    ...task,
    task_id: `66b0c4d1e5a7f30912ab34${(0xc0 + index).toString(16)}`,
    batch: index % 2 === 0 ? 'week-47' : null,
    created_at: `2026-11-24T0${9 - (index % 9)}:12:00.000Z`,
  }));
}

/** A yard with a truck, 800 × 600. */
export function picture(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="600" viewBox="0 0 800 600">
<rect width="800" height="600" fill="#9cc3e6"/><rect y="330" width="800" height="110" fill="#7fa866"/>
<path d="M0 430 800 400V600H0z" fill="#6d6f74"/><path d="M0 520 800 495" stroke="#e8e8e8" stroke-width="8" stroke-dasharray="60 40"/>
<rect x="240" y="210" width="220" height="150" fill="#b5482f"/><path d="M465 260h70l35 50v50H465z" fill="#e2e2e2"/>
<path d="M478 272h50l22 38h-72z" fill="#38495c"/><rect x="240" y="355" width="330" height="16" fill="#2b2b2b"/>
<g fill="#1b1b1b"><circle cx="290" cy="375" r="25"/><circle cx="350" cy="375" r="25"/><circle cx="520" cy="375" r="25"/></g>
<rect x="620" y="180" width="120" height="180" fill="#cfc6b4"/><rect x="650" y="270" width="50" height="90" fill="#7a5c3e"/></svg>`;
}
