import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ASK_EVERY_MS, followNews, waitBeforeTryMs } from './events';

/** An EventSource whose connection the test opens, cuts and ends. */
class FakeStream extends EventTarget {
  readyState: number = 0;
  close = vi.fn(() => {
    this.readyState = 2;
  });

  becomes(readyState: number, event: 'open' | 'error') {
    this.readyState = readyState;
    this.dispatchEvent(new Event(event));
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', { CONNECTING: 0, OPEN: 1, CLOSED: 2 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function follow() {
  const streams: FakeStream[] = [];
  const onNews = vi.fn();
  const onGap = vi.fn();
  const stop = followNews('/web/test/events', { onNews, onGap }, () => {
    const stream = new FakeStream();
    streams.push(stream);
    return stream as unknown as EventSource;
  });
  const last = () => streams.at(-1) as FakeStream;
  return { streams, onNews, onGap, stop, last };
}

it('tells what changed', () => {
  const { onNews, last } = follow();
  last().becomes(1, 'open');
  last().dispatchEvent(new Event('tasks'));
  last().dispatchEvent(new Event('session'));
  expect(onNews.mock.calls).toEqual([['tasks'], ['session']]);
});

it('I14 leaves a cut connection to the browser, which resumes it, and asks every 10 s meanwhile', () => {
  const { streams, onGap, last } = follow();
  last().becomes(1, 'open');
  last().becomes(0, 'error');
  vi.advanceTimersByTime(3 * ASK_EVERY_MS);
  expect(onGap).toHaveBeenCalledTimes(3);
  last().becomes(1, 'open');
  vi.advanceTimersByTime(10 * ASK_EVERY_MS);
  expect(onGap).toHaveBeenCalledTimes(3);
  expect(streams).toHaveLength(1);
});

it('I14 opens a new stream where the browser gave up, and takes everything as changed', () => {
  const { streams, onGap, last } = follow();
  last().becomes(2, 'error');
  expect(streams).toHaveLength(1);
  vi.advanceTimersByTime(1000);
  expect(streams).toHaveLength(2);
  expect(onGap).not.toHaveBeenCalled();
  last().becomes(1, 'open');
  expect(onGap).toHaveBeenCalledTimes(1);
});

it('asks and opens nothing any more once it is stopped', () => {
  const { streams, onGap, stop, last } = follow();
  last().becomes(2, 'error');
  stop();
  vi.advanceTimersByTime(120_000);
  expect(streams).toHaveLength(1);
  expect(onGap).not.toHaveBeenCalled();
});

it('waits from 1 s to 30 s, never the same for all', () => {
  expect(waitBeforeTryMs(0, 0)).toBe(1000);
  expect(waitBeforeTryMs(3, 0)).toBe(4000);
  expect(waitBeforeTryMs(3, 1)).toBe(8000);
  expect(waitBeforeTryMs(40, 0)).toBe(15_000);
  expect(waitBeforeTryMs(40, 1)).toBe(30_000);
});
