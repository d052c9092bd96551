import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { curlCommand } from './curl';
import type { CallbackDetail } from './types';

function requestOf(change: Partial<CallbackDetail['request']>): CallbackDetail['request'] {
  const body = '{"status":"completed"}';
  return {
    method: 'POST',
    host: null,
    url: 'https://x.example/cb?a=1&b={2}',
    headers: [
      ['content-type', 'application/json'],
      ['scale-callback-auth', 'live_wc…4f2a'],
      ['host', 'x.example'],
    ],
    body,
    body_bytes: body.length,
    purged: false,
    ...change,
  };
}

/** The arguments that a shell makes of the command, with the key set. */
function argumentsOf(command: string): string[] {
  const script = `curl() { for word; do printf '%s\\0' "$word"; done; }\n${command}`;
  const env = { SCALE_CALLBACK_AUTH: 'the "key" $HOME', COOKIE: 'a=b' };
  const words = execFileSync('/bin/sh', ['-c', script], { env, encoding: 'utf8' }).split('\0');
  return words.slice(0, -1);
}

it('leaves the key to a variable, and to curl what curl sets', () => {
  expect(curlCommand(requestOf({}))).toBe(
    [
      "curl --globoff --request 'POST' 'https://x.example/cb?a=1&b={2}' \\",
      "  --header 'content-type: application/json' \\",
      '  --header "scale-callback-auth: $SCALE_CALLBACK_AUTH" \\',
      '  --data-raw \'{"status":"completed"}\'',
    ].join('\n'),
  );
});

it('a shell reads every byte of the body and the headers as they are', () => {
  const body = '@{"a":"it\'s `id` $HOME \\"\\\\ !! \\n","ü":"日本"}\n\n\'';
  const words = argumentsOf(
    curlCommand(
      requestOf({
        body,
        url: "https://x.example/o'b?q=$(id)",
        headers: [
          ['Scale-Callback-Auth', 'live_wc…4f2a'],
          ['x-odd', '\'"; rm -rf / #'],
          ['x-empty', ''],
          ['cookie', '…4f2a'],
        ],
      }),
    ),
  );
  expect(words).toEqual([
    ...['--globoff', '--request', 'POST', "https://x.example/o'b?q=$(id)"],
    ...['--header', 'Scale-Callback-Auth: the "key" $HOME'],
    ...['--header', 'x-odd: \'"; rm -rf / #'],
    ...['--header', 'x-empty;'],
    ...['--header', 'cookie: a=b'],
    ...['--data-raw', body],
  ]);
});

it('takes a body that is not there from a file', () => {
  expect(curlCommand(requestOf({ body: null }))).toContain('--data-binary @body.json');
});
