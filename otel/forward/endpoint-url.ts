/**
 * A URL with its scheme, up to what no URL has: a password may have brackets and an apostrophe. One
 * slash is enough for `http:` and `https:`. A letter alone is a drive of Windows, so no scheme.
 */
const URL_IN_TEXT = /[a-z][a-z0-9+.-]{1,20}:\/{1,2}[^\s"<>/][^\s"<>]*/gi;

/** A text with no user, password, query or fragment in its URLs: keys stand in any of them. */
export function withoutSecrets(text: string): string {
  return text.replaceAll(URL_IN_TEXT, cutSecrets);
}

/** By hand, because it has to work for what is no valid URL as well. */
function cutSecrets(url: string): string {
  const start = /^[^:]*:\/+/.exec(url)?.[0].length ?? 0;
  const end = start + url.slice(start).search(/[?#]|$/);
  const rest = url.slice(start, end);
  const path = rest.indexOf("/");
  const authority = path === -1 ? rest : rest.slice(0, path);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return url.slice(0, start) + host + (path === -1 ? "" : rest.slice(path));
}

/** The URL of a signal below a common endpoint; the endpoint's query stays behind the path. */
export function appendPath(endpoint: string, path: string): string {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/(?<!\/)\/+$/, "")}/${path}`;
  return url.href;
}
