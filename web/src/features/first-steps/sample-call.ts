/** The first call of a newcomer, in three languages, and sent from the page. */

export const SAMPLE_PATH = '/v1/task/imageannotation';

/** The parameters: a photo that the server has itself, so that nothing has to be uploaded. */
export function sampleParams(photo: string): Record<string, unknown> {
  return {
    instruction: 'Draw a box around the cat.',
    attachment: photo,
    geometries: { box: { objects_to_annotate: ['cat'] } },
  };
}

/** The value of `Authorization`: the key is the user name, the password is blank. */
export function basicAuth(key: string): string {
  return `Basic ${btoa(`${key}:`)}`;
}

interface SampleCall {
  /** Address of the server, `https://weighbridge.example`. */
  origin: string;
  key: string;
  photo: string;
}

export function curlCall({ origin, key, photo }: SampleCall): string {
  return `curl ${origin}${SAMPLE_PATH} \\
  -u "${key}:" \\
  -H "Content-Type: application/json" \\
  -d '${JSON.stringify(sampleParams(photo), null, 2)}'`;
}

export function pythonCall({ origin, key, photo }: SampleCall): string {
  // The parameters have neither true nor null, so JSON is Python here.
  const params = JSON.stringify(sampleParams(photo), null, 4).replaceAll('\n', '\n    ');
  return `import requests

answer = requests.post(
    "${origin}${SAMPLE_PATH}",
    auth=("${key}", ""),
    json=${params},
)
print(answer.status_code, answer.text)`;
}

export function nodeCall({ origin, key, photo }: SampleCall): string {
  const params = JSON.stringify(sampleParams(photo), null, 2).replaceAll('\n', '\n  ');
  return `fetch('${origin}${SAMPLE_PATH}', {
  method: 'POST',
  headers: {
    Authorization: 'Basic ' + btoa('${key}:'),
    'Content-Type': 'application/json',
  },
  body: JSON.stringify(${params}),
})
  .then((answer) => answer.text())
  .then((text) => console.log(text));`;
}

export interface CallAnswer {
  status: number;
  ms: number;
  /** The task that was made, or null. */
  taskId: string | null;
  /** The server's words where it made none. */
  error: string | null;
}

/**
 * Sends the call as a program would: by the key alone. Without cookies the browser neither mixes in the log-in nor
 * opens a dialog of its own after a 401.
 */
export async function sendSampleCall(key: string, photo: string): Promise<CallAnswer> {
  const start = performance.now();
  const response = await fetch(SAMPLE_PATH, {
    method: 'POST',
    credentials: 'omit',
    cache: 'no-store',
    headers: { Authorization: basicAuth(key), 'Content-Type': 'application/json' },
    body: JSON.stringify(sampleParams(photo)),
  });
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  return {
    status: response.status,
    ms: Math.round(performance.now() - start),
    taskId: response.ok && typeof body.task_id === 'string' ? body.task_id : null,
    error: typeof body.error === 'string' ? body.error : null,
  };
}
