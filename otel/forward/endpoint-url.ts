/** The URL of a signal below a common endpoint; the endpoint's query stays behind the path. */
export function appendPath(endpoint: string, path: string): string {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/(?<!\/)\/+$/, "")}/${path}`;
  return url.href;
}
