import { type Server, type Socket, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { MAX_RETRY_AFTER_MS, type Verdict, createOtlpSender } from "../../../otel/index.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** An endpoint that answers each request with what `answer` does to its socket. */
async function startEndpoint(answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    let received = "";
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
      if (!received.endsWith("[]}")) return;
      received = "";
      answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
}

async function sendTo(
  answer: (socket: Socket) => void,
  timeoutMs = 400,
  protocol: "http/json" | "http/protobuf" = "http/json",
): Promise<Verdict> {
  const sender = createOtlpSender(await startEndpoint(answer), timeoutMs, { protocol });
  closers.push(() => Promise.resolve(sender.close()));
  return sender.send(Buffer.from('{"resourceSpans":[]}'));
}

function respond(status: number, body: string, headers: { [name: string]: string } = {}) {
  const head = Object.entries({
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return (socket: Socket) => {
    socket.end(`HTTP/1.1 ${status} Any\r\n${head.join("")}\r\n${body}`);
  };
}

describe("an answer counts as success", () => {
  it.each<[string, number, string, { [name: string]: string }]>([
    ["an object of keys that OTLP does not know", 200, '{"message":"OK"}', {}],
    ["an empty partial success and an id", 200, '{"partialSuccess":{},"requestId":"a1"}', {}],
    ["no body at all", 200, "", { "content-type": "text/plain" }],
    ["status 202", 202, "{}", {}],
    ["a partial success that rejects none", 200, '{"partialSuccess":{"rejectedSpans":"0"}}', {}],
    ["a partial success that is null", 200, '{"partialSuccess":null}', {}],
    ["only a line feed", 200, "\n", {}],
    ["only white space of every kind that JSON has", 200, " \t\r\n ", {}],
    ["only white space, as text", 200, "\r\n", { "content-type": "text/plain; charset=utf-8" }],
    ["only a byte order mark", 200, "\ufeff", {}],
    ["JSON behind a byte order mark", 200, "\ufeff{}", {}],
    ["JSON behind a byte order mark and blanks", 200, '\ufeff\r\n {"partialSuccess":{}}\n', {}],
    ["protobuf by its registered name", 200, "\n\0", { "content-type": "application/protobuf" }],
    ["protobuf of no bytes", 200, "", { "content-type": "application/x-protobuf" }],
    [
      "protobuf with an empty partial success",
      200,
      "\n\0",
      { "content-type": "application/x-protobuf" },
    ],
  ])("when a 2xx has %s", async (_, status, body, headers) => {
    expect(await sendTo(respond(status, body, headers))).toEqual({ outcome: "accepted" });
  });

  it("when it is status 204, which has no body", async () => {
    const answer = (socket: Socket): void => void socket.end("HTTP/1.1 204 No Content\r\n\r\n");
    expect(await sendTo(answer)).toEqual({ outcome: "accepted" });
  });
});

describe("an answer counts as no success", () => {
  it.each<[string, string, string]>([
    ["the HTML of a login page", "<html>Log in</html>", "the answer is not OTLP"],
    ["a JSON array", "[]", "the answer is not OTLP"],
    ["a JSON string", '"ok"', "the answer is not OTLP"],
    ["a partial success that is no object", '{"partialSuccess":7}', "the answer is not OTLP"],
    [
      "HTML behind a byte order mark and blanks",
      "\ufeff\n <!doctype html><p>Log in</p>",
      "the answer is not OTLP",
    ],
    ["a word that is no JSON", "OK\n", "the answer is not OTLP"],
    [
      "rejected spans behind a byte order mark",
      '\ufeff{"partialSuccess":{"rejectedSpans":3}}',
      "it rejects 3 spans",
    ],
    ["rejected spans", '{"partialSuccess":{"rejectedSpans":3}}', "it rejects 3 spans"],
    [
      "rejected spans in snake case",
      '{"partial_success":{"rejected_spans":2}}',
      "it rejects 2 spans",
    ],
  ])("when a 200 has %s", async (_, body, why) => {
    const verdict = await sendTo(respond(200, body));
    expect(verdict).toMatchObject({ why: expect.stringContaining(why) as string });
  });

  it("and status 415 names the setting that changes the encoding, in both directions", async () => {
    const why = (verdict: Verdict): string => ("why" in verdict ? verdict.why : "accepted");
    expect(why(await sendTo(respond(415, "")))).toContain(
      "try OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
    );
    expect(why(await sendTo(respond(415, ""), 400, "http/protobuf"))).toContain(
      "try OTEL_EXPORTER_OTLP_PROTOCOL=http/json",
    );
  });

  it("and what is no HTTP/1 answer, as that of a gRPC port, names the setting of the port", async () => {
    const http2 = Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0, 64, 0]);
    const verdict = await sendTo((socket) => void socket.end(http2));
    expect(verdict).toMatchObject({
      outcome: "unavailable",
      why: expect.stringContaining("set OTEL_EXPORTER_OTLP_ENDPOINT to its HTTP port") as string,
    });
  });
});

describe("Retry-After", () => {
  it.each(["1e12", "Infinity", "99999999", "Fri, 31 Dec 9999 23:59:59 GMT"])(
    "of %s leaves the endpoint alone for ten minutes at most",
    async (after) => {
      const verdict = await sendTo(respond(503, "", { "retry-after": after }));
      expect(verdict).toMatchObject({ outcome: "unavailable", retryAfterMs: MAX_RETRY_AFTER_MS });
    },
  );

  it.each(["-5", "0", "soon", "Thu, 01 Jan 1970 00:00:00 GMT"])(
    "of %s asks for nothing",
    async (after) => {
      const verdict = await sendTo(respond(503, "", { "retry-after": after }));
      expect(verdict).toEqual({ outcome: "unavailable", why: "status 503" });
    },
  );
});

/** Numbers below 2^32 that look random and are the same each time. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const BODIES = [
  "",
  "{}",
  "[]",
  "<html>",
  '{"partialSuccess":{"rejectedSpans":1}}',
  "\0\xff\n",
  "{",
];
const STATUSES = [
  100, 101, 103, 200, 200, 200, 202, 204, 205, 301, 304, 400, 415, 429, 500, 503, 999,
];

/** A raw answer of any kind, often broken, and what is done to the socket behind it. */
function makeAnswer(random: (below: number) => number): (socket: Socket) => void {
  const pick = <T>(values: readonly T[]): T => values[random(values.length)]!;
  const body = pick(BODIES);
  const lengths = [body.length, body.length + 5, 0, -1, 1e9];
  const headers = [
    pick(["", `content-length: ${pick(lengths)}\r\n`, "transfer-encoding: chunked\r\n"]),
    pick(["", "connection: close\r\n", "connection: upgrade\r\nupgrade: h2c\r\n"]),
    pick(["", "retry-after: 1e12\r\n", "content-type: text/html\r\n", "no colon\r\n"]),
  ].join("");
  const whole = `${pick(["HTTP/1.1", "HTTP/1.0", "HTTP/2", "SSH-2.0"])} ${pick(STATUSES)} Any\r\n${headers}\r\n${body}`;
  const sent = pick([whole, whole, whole, whole.slice(0, random(whole.length)), ""]);
  const ending = random(4);
  return (socket) => {
    socket.write(sent, "latin1");
    if (ending === 0) socket.end();
    if (ending === 1) socket.resetAndDestroy();
    if (ending === 2) setImmediate(() => socket.destroy());
  };
}

describe("a request", () => {
  it("has a verdict within its timeout, whatever the endpoint answers and however it ends", async () => {
    const random = createRandom(20_260_101);
    const verdicts: Verdict[] = [];
    while (verdicts.length < 240) {
      const some = Array.from({ length: 12 }, () => sendTo(makeAnswer(random), 300));
      verdicts.push(...(await Promise.all(some)));
    }
    const outcomes = new Set(verdicts.map(({ outcome }) => outcome));
    expect(outcomes).toEqual(new Set(["accepted", "refused", "unavailable"]));
    const delays = verdicts.map((verdict) =>
      "retryAfterMs" in verdict ? (verdict.retryAfterMs ?? 0) : 0,
    );
    expect(Math.max(...delays)).toBe(MAX_RETRY_AFTER_MS);
  });

  it("that the endpoint answers with a switch of protocols is over, and the next one is sent", async () => {
    let count = 0;
    const url = await startEndpoint((socket) => {
      count += 1;
      if (count > 1) return respond(200, "{}")(socket);
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
      );
    });
    const sender = createOtlpSender(url, 5000);
    closers.push(() => Promise.resolve(sender.close()));
    const body = Buffer.from('{"resourceSpans":[]}');
    expect(await sender.send(body)).toMatchObject({
      outcome: "unavailable",
      why: expect.stringContaining("status 101") as string,
    });
    expect(await sender.send(body)).toEqual({ outcome: "accepted" });
  });

  it("that is under way when the sender closes ends at once", async () => {
    const url = await startEndpoint(() => undefined);
    const sender = createOtlpSender(url, 60_000);
    const verdict = sender.send(Buffer.from('{"resourceSpans":[]}'));
    sender.close();
    expect(await verdict).toEqual({ outcome: "unavailable", why: "shut down" });
  });
});
