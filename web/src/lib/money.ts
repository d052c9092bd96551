/** Money is an integer count of millionths of the currency's unit. */
export function money(micros: number, currency: string): string {
  // Prices below a cent exist, so up to four places are shown where they say something.
  return new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    minimumFractionDigits: 2,
    maximumFractionDigits: micros % 10_000 === 0 ? 2 : 4,
  }).format(micros / 1_000_000);
}

export function count(n: number): string {
  return new Intl.NumberFormat('en').format(n);
}

/** "1 task", "2,000 tasks". */
export function counted(n: number, one: string, many: string = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
