/** Schemes that a line may show. Of another one we cannot tell whether it is the name of a user. */
const KNOWN_SCHEME = /^(?:https?|wss?|ftps?|grpcs?|grpc\+tls|tcp|udp|unix|file):/i;
/** Node takes `http:host`, `http:/host` and `http://host` for the same, and `\` for `/`. */
const SLASHES = /^[/\\]*/;
const HIDDEN = "…";

/**
 * A URL as a line may show it: with its scheme, host and path. It has no user, password, query or
 * fragment, because a key may stand in any of them.
 *
 * It works on what is no valid URL too, such as `user:password@host` without a scheme. An `@` behind
 * the first slash may end a password that has a slash in it, so the host is not shown then.
 */
export function showUrl(url: string): string {
  const scheme = KNOWN_SCHEME.exec(url)?.[0] ?? "";
  const slashes = SLASHES.exec(url.slice(scheme.length))?.[0] ?? "";
  const head = scheme + slashes;
  const rest = url.slice(head.length);
  const end = rest.search(/[/\\?#]|$/);
  const behind = rest.slice(end);
  // Some encode the `@` too, which makes it a part of the host.
  if (/@|%40/i.test(behind)) return head + HIDDEN;
  const host = rest.slice(0, end).replace(/^.*(?:@|%40)/is, "");
  return head + host + behind.slice(0, behind.search(/[?#]|$/));
}

/**
 * A URL with its scheme, up to what no URL has: a password may have brackets and an apostrophe. A
 * letter alone is a drive of Windows, so no scheme.
 */
const WITH_SCHEME = /[a-z][a-z0-9+.-]{1,20}:[/\\]{1,2}[^\s"<>/\\][^\s"<>]*/gi;
/** `user:password@host`, also behind `//`. A path begins with a slash, a dot or a drive. */
const WITHOUT_SCHEME =
  /(?<![^\s"'(<])(?![a-z]:[/\\])(?:\/\/)?[^\s"'(<>:@/\\.][^\s"'(<>:@/\\]*:[^\s"'(<>@]*@[^\s"'(<>]+/gi;
/** `//host?key=...` and `//user@host`. */
const WITHOUT_PROTOCOL = /(?<![^\s"'(<])\/\/[^\s"'(<>]*[@?#][^\s"'(<>]*/g;
const URLS_IN_TEXT = [WITH_SCHEME, WITHOUT_SCHEME, WITHOUT_PROTOCOL];

/** A text with no user, password, query or fragment in its URLs, see `showUrl`. */
export function withoutSecrets(text: string): string {
  return URLS_IN_TEXT.reduce((line, found) => line.replaceAll(found, showUrl), text);
}

/**
 * The same for a text that may quote one of `values`, such as settings or arguments. A text alone
 * does not tell where a password with a space or a quote in it ends; its whole value does.
 */
export function withoutSecretsOf(values: readonly string[], text: string): string {
  const longestFirst = values
    .filter((value) => /[:@?#/]/.test(value))
    .toSorted((a, b) => b.length - a.length);
  const cleaned = longestFirst.reduce(
    (line, value) => line.replaceAll(value, () => showUrl(value)),
    text,
  );
  return withoutSecrets(cleaned);
}
