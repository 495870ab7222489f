import { type IncomingHttpHeaders, request } from "node:http";

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Asks as nobody's browser does: the path goes out as it is given, and any header may be set. */
export async function ask(
  port: number,
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<HttpAnswer> {
  return await new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, path, method, headers, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => (text += piece));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
        response.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

/** A JSON answer. */
export async function askJson<Answer>(port: number, path: string): Promise<Answer> {
  const { text } = await ask(port, path);
  return JSON.parse(text) as Answer;
}

export interface EventsConnection {
  /** Resolves with the next event that was not taken yet. */
  next(): Promise<string>;
  close(): void;
}

/** Follows `/events`. */
export async function followEvents(port: number): Promise<EventsConnection> {
  return await new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path: "/events", agent: false }, (response) => {
      const waiting: ((event: string) => void)[] = [];
      const events: string[] = [];
      let text = "";
      response.setEncoding("utf8");
      response.on("error", () => undefined);
      response.on("data", (piece: string) => {
        text += piece;
        for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
          const event = text.slice(0, end);
          text = text.slice(end + 2);
          const taker = waiting.shift();
          if (taker === undefined) events.push(event);
          else taker(event);
        }
      });
      resolve({
        next: async () => {
          const known = events.shift();
          return known ?? (await new Promise<string>((take) => waiting.push(take)));
        },
        close: () => sent.destroy(),
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}
