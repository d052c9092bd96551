import { type QueryClient, type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { apiPath } from '../../api/client';
import { followNews, NEWS_KINDS, type NewsKind } from '../../api/events';
import { accessRequestQuery, keysQuery, sessionQuery } from '../../api/queries';
import type { Mode } from '../../api/types';

/** The same is fetched anew at most this often, however much is new: a program may create hundreds of tasks a second. */
const FETCH_EVERY_MS = 1000;

/** A page that nobody looks at gives its connection back after this time: browsers have six of them for a server. */
const HIDDEN_MS = 60_000;

/** What has to be fetched anew after news of a kind, as beginnings of query keys. */
export function changedBy(kind: NewsKind, mode: Mode): QueryKey[] {
  switch (kind) {
    case 'tasks':
      return ['tasks', 'task', 'projects', 'batches', 'home', 'queue'].map((noun) => [mode, noun]);
    case 'callbacks':
      return ['callbacks', 'task', 'home'].map((noun) => [mode, noun]);
    case 'keys':
      return [keysQuery.queryKey];
    case 'team':
      return [['team'], accessRequestQuery.queryKey];
    case 'session':
      return [sessionQuery.queryKey, keysQuery.queryKey, accessRequestQuery.queryKey];
  }
}

/** Has what is on the screen fetched anew, each thing at most once a second. */
export class Refetcher {
  private readonly waiting = new Map<string, QueryKey>();
  private timer: number | undefined;
  private lastAt = Number.NEGATIVE_INFINITY;
  private readonly queryClient: QueryClient;

  constructor(queryClient: QueryClient) {
    this.queryClient = queryClient;
  }

  add(keys: QueryKey[]): void {
    for (const key of keys) this.waiting.set(JSON.stringify(key), key);
    if (this.timer !== undefined) return;
    const wait = Math.max(0, this.lastAt + FETCH_EVERY_MS - Date.now());
    this.timer = window.setTimeout(() => this.fetch(), wait);
  }

  stop(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private fetch(): void {
    this.timer = undefined;
    this.lastAt = Date.now();
    const keys = [...this.waiting.values()];
    this.waiting.clear();
    for (const queryKey of keys) void this.queryClient.invalidateQueries({ queryKey });
  }
}

/** Keeps what this tab shows of a mode up to date. */
export function useNews(mode: Mode): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    const refetcher = new Refetcher(queryClient);
    const handlers = {
      onNews: (kind: NewsKind) => refetcher.add(changedBy(kind, mode)),
      onGap: () => refetcher.add(NEWS_KINDS.flatMap((kind) => changedBy(kind, mode))),
    };
    let stop: (() => void) | null = null;
    let hiding: number | undefined;

    const follow = () => {
      stop ??= followNews(apiPath('web', mode, 'events'), handlers);
    };
    const onVisibility = () => {
      window.clearTimeout(hiding);
      if (document.visibilityState === 'hidden') {
        hiding = window.setTimeout(() => {
          stop?.();
          stop = null;
        }, HIDDEN_MS);
      } else if (stop === null) {
        follow();
        handlers.onGap();
      }
    };

    follow();
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      document.removeEventListener('visibilitychange', onVisibility);
      window.clearTimeout(hiding);
      stop?.();
      refetcher.stop();
    };
  }, [mode, queryClient]);
}
