/** The URL of a signal below a common endpoint. The endpoint's query stays after the path. */
export function appendPath(endpoint: string, path: string): string {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/(?<!\/)\/+$/, "")}/${path}`;
  return url.href;
}
