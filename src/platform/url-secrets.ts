/** Schemes that a report may show. An unknown scheme may be the name of a user. */
const KNOWN_SCHEME = /^(?:https?|wss?|ftps?|grpcs?|grpc\+tls|tcp|udp|unix|file):/i;
/** Node takes `http:host`, `http:/host` and `http://host` for the same, and `\` for `/`. */
const SLASHES = /^[/\\]*/;
const HIDDEN = "…";

/**
 * A URL as a report may show it: scheme, host and path. User, password, query and fragment are removed,
 * because each may hold a key.
 *
 * It also works on an invalid URL, such as `user:password@host` without a scheme. An `@` after the
 * first slash may end a password that contains a slash. Then the host is not shown.
 */
export function showUrl(url: string): string {
  const scheme = KNOWN_SCHEME.exec(url)?.[0] ?? "";
  const slashes = SLASHES.exec(url.slice(scheme.length))?.[0] ?? "";
  const head = scheme + slashes;
  const rest = url.slice(head.length);
  const end = rest.search(/[/\\?#]|$/);
  const behind = rest.slice(end);
  // Some programs encode the `@` too, which makes it a part of the host.
  if (/@|%40/i.test(behind)) return head + HIDDEN;
  const host = rest.slice(0, end).replace(/^.*(?:@|%40)/is, "");
  return head + host + behind.slice(0, behind.search(/[?#]|$/));
}

/**
 * A URL with its scheme, up to a character that no URL has. A password may have brackets and an
 * apostrophe. A single letter is a Windows drive, so it is no scheme.
 */
const WITH_SCHEME = /[a-z][a-z0-9+.-]{1,20}:[/\\]{1,2}[^\s"<>/\\][^\s"<>]*/gi;
/** `user:password@host`, also after `//`. A path begins with a slash, a dot or a drive. */
const WITHOUT_SCHEME =
  /(?<![^\s"'(<])(?![a-z]:[/\\])(?:\/\/)?[^\s"'(<>:@/\\.][^\s"'(<>:@/\\]*:[^\s"'(<>@]*@[^\s"'(<>]+/gi;
/** `//host?key=...` and `//user@host`. */
const WITHOUT_PROTOCOL = /(?<![^\s"'(<])\/\/[^\s"'(<>]*[@?#][^\s"'(<>]*/g;
const URLS_IN_TEXT = [WITH_SCHEME, WITHOUT_SCHEME, WITHOUT_PROTOCOL];

/** Removes user, password, query and fragment from the URLs in a text (see `showUrl`). */
export function withoutSecrets(text: string): string {
  return URLS_IN_TEXT.reduce((line, found) => line.replaceAll(found, showUrl), text);
}

/**
 * The same for a text that may quote one of `values`, e.g. settings or arguments. The text alone does
 * not show where a password with a space or a quote ends, but its whole value does.
 */
export function withoutSecretsOf(values: readonly string[], text: string): string {
  const longestFirst = values
    .filter((value) => /[:@?#/]|%40/i.test(value))
    .toSorted((a, b) => b.length - a.length);
  const cleaned = longestFirst.reduce(
    (line, value) => line.replaceAll(value, () => showUrl(value)),
    text,
  );
  return withoutSecrets(cleaned);
}
