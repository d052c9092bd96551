/** Coordinates in answers: two decimals, half away from zero, never minus zero. */
export function roundCoordinate(value: number): number {
  // Scaling by the exponent keeps 1.005 from turning into 1.00499…
  const scaled = Math.round(Number(`${toPlain(Math.abs(value))}e2`));
  const rounded = (Math.sign(value) * scaled) / 100;
  return rounded === 0 ? 0 : rounded;
}

/** The shortest decimal text without an exponent; what is smaller than any pixel becomes zero. */
function toPlain(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(6) : text;
}

/** An edge on whole pixels: half up. All edges round alike, so that neighbours stay neighbours. */
export function roundEdge(value: number): number {
  const rounded = Math.floor(value + 0.5);
  return rounded === 0 ? 0 : rounded;
}
