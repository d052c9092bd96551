/**
 * The token of a link that came by mail. It stands in the fragment, which reaches no server, and is taken out of the
 * address at once, so that neither the history nor a copied address holds it. Null when there is none.
 */
export function takeFragmentToken(): string | null {
  const token = window.location.hash.slice(1);
  if (token === '') return null;
  const { pathname, search } = window.location;
  window.history.replaceState(window.history.state, '', pathname + search);
  return token;
}
