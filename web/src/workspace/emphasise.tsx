import type { ReactNode } from 'react';

/** Messages set the words of the customer between asterisks: "*Age*: 130 is more than 120." */
export function emphasise(message: string): ReactNode {
  return message.split(/\*([^*]+)\*/).map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one fixed text
    index % 2 === 1 ? <em key={index}>{part}</em> : part,
  );
}
