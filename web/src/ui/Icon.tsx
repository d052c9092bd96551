/** One icon set, 16 px, drawn with strokes in the colour of the text. Always beside a word or on a labelled control. */
const PATHS = {
  home: 'M2.5 7.5 8 3l5.5 4.5V13a.5.5 0 0 1-.5.5H9.5V10h-3v3.5H3a.5.5 0 0 1-.5-.5z',
  work: 'M3 11.5 10.5 4l2 2L5 13.5H3zM9 5.5l2 2',
  tasks: 'M6 4h7.5M6 8h7.5M6 12h7.5M2.5 4h.5M2.5 8h.5M2.5 12h.5',
  project: 'M2.5 4.5V12a1 1 0 0 0 1 1h9a1 1 0 0 0 1-1V6a1 1 0 0 0-1-1H8L6.5 3.5h-3a1 1 0 0 0-1 1z',
  callback: 'M2.5 8h8.5M8 4.5 11.5 8 8 11.5M14 3v10',
  usage: 'M3 13V8.5M8 13V3.5M13 13V6.5',
  key: 'M9.2 6.8a3 3 0 1 0-1.9 2l1.2 1.2H10v1.5h1.5V13h2v-2z',
  user: 'M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 13.5c.5-2.5 2.5-4 5-4s4.5 1.5 5 4',
  team: 'M6 8a2.2 2.2 0 1 0 0-4.4A2.2 2.2 0 0 0 6 8zM2 13c.4-2.2 1.9-3.4 4-3.4s3.6 1.2 4 3.4M10.5 8a2 2 0 1 0-.6-3.9M11.2 9.8c1.6.2 2.5 1.3 2.8 3.2',
  settings: 'M3 4.5h5M11.5 4.5H13M3 8h1.5M8 8h5M3 11.5h6M12.5 11.5h.5M8 3v3M4.5 6.5v3M9 10v3',
  menu: 'M2.5 4h11M2.5 8h11M2.5 12h11',
  close: 'M4 4l8 8M12 4l-8 8',
  flask: 'M6.5 2.5h3M7 2.5v4L3.5 12.5a.7.7 0 0 0 .6 1h7.8a.7.7 0 0 0 .6-1L9 6.5v-4M5.3 10h5.4',
  bolt: 'M9 2 4 9h3.5L7 14l5-7H8.5z',
  copy: 'M5.5 5.5h7v8h-7zM3.5 10.5v-8h7',
  check: 'M3 8.5 6.5 12 13 4.5',
  warning: 'M8 2.5 14 13.5H2zM8 6.5v3.5M8 12v.2',
  select: 'M4 2.5l8.5 5-4 1-1.5 4z',
  pan: 'M8 2v12M2 8h12M8 2 6.5 3.5M8 2l1.5 1.5M8 14l-1.5-1.5M8 14l1.5-1.5M2 8l1.5-1.5M2 8l1.5 1.5M14 8l-1.5-1.5M14 8l-1.5 1.5',
  box: 'M3 4h10v8H3z',
  polygon: 'M8 2.5 13.5 6.5 11.5 13h-7L2.5 6.5z',
  line: 'M2.5 12.5 6 5l4 5 3.5-7',
  point: 'M8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2',
  ellipse: 'M8 4c3.3 0 6 1.8 6 4s-2.7 4-6 4-6-1.8-6-4 2.7-4 6-4z',
  undo: 'M6 4 3 7l3 3M3 7h6.5a3.5 3.5 0 0 1 0 7H8',
  redo: 'M10 4l3 3-3 3M13 7H6.5a3.5 3.5 0 0 0 0 7H8',
  zoomIn: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14M7 5v4M5 7h4',
  zoomOut: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14M5 7h4',
  fit: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  actual: 'M2.5 4.5 4 3.5v9M12 4.5l1.5-1v9M8 6.5v.2M8 10.5v.2',
  trash: 'M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z',
  eyeOff: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM3 13 13 3',
  lock: 'M4 7h8v6.5H4zM5.5 7V5a2.5 2.5 0 0 1 5 0v2',
  unlock: 'M4 7h8v6.5H4zM5.5 7V5a2.5 2.5 0 0 1 4.8-1',
  book: 'M8 4.5C6.5 3.3 4.5 3 2.5 3v9c2 0 4 .3 5.5 1.5C9.5 12.3 11.5 12 13.5 12V3c-2 0-4 .3-5.5 1.5zM8 4.5v9',
  keyboard: 'M2 4.5h12v7.5H2zM4.5 7h.1M7 7h.1M9.5 7h.1M12 7h.1M5 9.8h6',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1',
  send: 'M2.5 8 13.5 3 10 13.5 7.5 9.5zM7.5 9.5 13.5 3',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.2l2.2 1.3',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14',
  sort: 'M5 3v10M5 13l-2-2M5 13l2-2M11 13V3M11 3 9 5M11 3l2 2',
  exit: 'M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
