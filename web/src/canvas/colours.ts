/**
 * Colours of labels on pictures: the eight of Okabe and Ito, which stay apart for people who see colours differently.
 * Black is of little use on photos and makes place for white.
 */
export const LABEL_COLOURS = [
  '#e69f00',
  '#56b4e9',
  '#009e73',
  '#f0e442',
  '#0072b2',
  '#d55e00',
  '#cc79a7',
  '#ffffff',
] as const;

/** Each line lies between a dark edge, so that it shows on bright pictures, and its own colour. */
export const EDGE_COLOUR = 'rgb(10 12 15 / 0.85)';
export const TEXT_BACKGROUND = 'rgb(10 12 15 / 0.82)';
export const TEXT_COLOUR = '#ffffff';

export function labelColour(index: number): string {
  return (
    LABEL_COLOURS[((index % LABEL_COLOURS.length) + LABEL_COLOURS.length) % LABEL_COLOURS.length] ?? '#e69f00'
  );
}
