import { computed, signal } from "@preact/signals";

/** The address is the state of the page: what is shown can be sent as a link. */
const place = signal(readPlace());

function readPlace(): { path: string; search: string } {
  return { path: location.pathname, search: location.search };
}

export const path = computed(() => place.value.path);
export const parameters = computed(() => new URLSearchParams(place.value.search));

addEventListener("popstate", () => (place.value = readPlace()));

/** The value of a parameter; empty if it is not given. */
export function parameter(name: string): string {
  return parameters.value.get(name) ?? "";
}

/**
 * Goes to an address of the page.
 *
 * @param replaces for what is no step of its own, such as each letter of a query
 */
export function go(to: string, replaces = false): void {
  if (replaces) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  place.value = readPlace();
}

/** The present address with other parameters. An empty value takes a parameter away. */
export function addressWith(changes: Record<string, string>, to = path.value): string {
  const next = new URLSearchParams(parameters.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") next.delete(name);
    else next.set(name, value);
  }
  return join(to, next);
}

export function join(to: string, query: URLSearchParams | Record<string, string>): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? to : `${to}?${text}`;
}

/** The address of a call, at a moment and a message if they are given. The query of the list stays. */
export function addressOfCall(name: string, at_s?: number, messageId?: string): string {
  const query = new URLSearchParams();
  const q = parameter("q");
  if (q !== "") query.set("q", q);
  if (at_s !== undefined) query.set("t", String(Math.round(at_s * 10) / 10));
  if (messageId !== undefined) query.set("m", messageId);
  return join(`/c/${encodeURIComponent(name)}`, query);
}

/** The name of the call that the address has; undefined if it has none. */
export const callName = computed(() => {
  const given = /^\/c\/([^/]+)$/.exec(path.value)?.[1];
  if (given === undefined) return undefined;
  try {
    return decodeURIComponent(given);
  } catch {
    return given;
  }
});

/** Follows a plain click on a link without loading the page anew. */
export function followLink(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = event.currentTarget;
  if (!(link instanceof HTMLAnchorElement) || link.target !== "") return;
  event.preventDefault();
  go(link.pathname + link.search);
}
