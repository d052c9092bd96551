import { useEffect, useRef } from 'react';
import { createPlainForm, type PlainFormOptions, type PlainValues } from './plain-form';

/** A form of plain-form.ts inside React. It is made once; only what it does on submit may change. */
export function PlainForm(options: PlainFormOptions) {
  const holder = useRef<HTMLDivElement>(null);
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  useEffect(() => {
    const form = createPlainForm({
      ...latest.current,
      onSubmit: (values: PlainValues) => latest.current.onSubmit(values),
    });
    holder.current?.replaceChildren(form);
  }, []);
  return <div ref={holder} />;
}
