/** Beats twice a second. In a worker, since browsers slow the timers of hidden pages to one a minute. */
setInterval(() => postMessage(null), 500);
