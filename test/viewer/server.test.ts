import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCommandSource } from "../../src/cli/command-source.js";
import { openFolderSource } from "../../src/source/index.js";
import { type CallReader, type RunningServer, startServer } from "../../src/viewer/index.js";
import type { CallAnswer, CallsAnswer } from "../../src/viewer/view-answers.js";
import { ask, askJson, followEvents } from "../support/ask-server.js";
import { generateCall } from "../support/generate-call.js";
import { runCli } from "../support/run-cli.js";

const CALLS = 40;
const NAMES = Array.from(
  { length: CALLS },
  (_, at) => `conversation_20260101_0900${String(at + 1).padStart(2, "0")}`,
);
let folder: string;
let server: RunningServer;

/** The source that `talktrace serve` hands to the server. */
function readerOf(directory: string): CallReader {
  const ignore = (): undefined => undefined;
  const run = { report: ignore, setExitCode: ignore, showProgress: ignore };
  return createCommandSource(openFolderSource(directory), run, undefined);
}

async function serve(directory: string, host = "127.0.0.1"): Promise<RunningServer> {
  return await startServer(readerOf(directory), {
    host,
    port: 0,
    jaegerUi: "http://localhost:16686/",
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-page-"));
  for (const [at, name] of NAMES.entries())
    writeFileSync(
      join(folder, `${name}.json`),
      JSON.stringify(generateCall(at + 1, false).conversation),
    );
  cpSync("conversations/sample-recovered.json", join(folder, "conversation_20250101_000000.json"));
  writeFileSync(join(folder, "damaged.json"), '{"format": 2, "conversation": [');
  server = await serve(folder);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const get = <Answer>(path: string) => askJson<Answer>(server.port, path);
const command = async (...args: string[]): Promise<unknown> =>
  JSON.parse((await runCli(...args, "--json", "--directory", folder)).stdout);

describe("the answers of `talktrace serve`", () => {
  it.each(["", "finding:bad", "e2e:>1s -finding:any", "lang:de role:user", "tool:failed"])(
    "list the calls of %j with the figures of `talktrace list`",
    async (query) => {
      const answer = await get<CallsAnswer>(`/calls.json?q=${encodeURIComponent(query)}`);
      const listed = (await command(
        "list",
        "--limit",
        "100",
        ...(query === "" ? [] : [query]),
      )) as CallsAnswer["calls"];
      expect(answer.calls.map(({ first_words: _words, ...call }) => call)).toEqual(listed);
      expect(answer.total).toBe(listed.length);
      expect(answer.bad).toBe(listed.filter(({ worst }) => worst === "bad").length);
      expect(answer.warn).toBe(listed.filter(({ worst }) => worst === "warn").length);
    },
  );

  it("show each call of the corpus as `talktrace show` does", async () => {
    for (const name of [...NAMES, "conversation_20250101_000000"]) {
      const { timeline, lanes, ...shown } = await get<CallAnswer>(`/c/${name}.json`);
      expect(shown).toEqual(await command("show", name));
      expect(timeline.length).toBeGreaterThanOrEqual(shown.conversation.length);
      expect(lanes.speeches.length).toBeGreaterThan(0);
    }
  });

  it("put every wait of a lane between the caller's last sound and the reply, and its stages end to end", async () => {
    let waits = 0;
    for (const name of NAMES) {
      const { lanes, conversation } = await get<CallAnswer>(`/c/${name}.json`);
      for (const { id, from_s, until_s, stages } of lanes.waits) {
        const message = conversation.find((each) => each.id === id);
        const e2e_s = message?.role === "agent" ? message.latency?.e2e_s : undefined;
        const length_s = until_s - from_s;
        expect(length_s).toBeCloseTo(e2e_s ?? length_s, 3);
        for (const [at, stage] of stages.entries())
          expect(stage.from_s).toBeCloseTo(stages[at - 1]?.until_s ?? from_s, 5);
        const speech = lanes.speeches.find((each) => each.id === id);
        expect(until_s).toBeCloseTo(speech?.from_s ?? NaN, 2);
        waits += 1;
      }
    }
    expect(waits).toBeGreaterThan(CALLS);
  });

  it.each([
    ["/stats.json", ["stats"]],
    ["/stats.json?q=finding:bad&by=llm", ["stats", "finding:bad", "--by", "llm"]],
    ["/compare.json?a=finding:bad&b=-finding:bad", ["compare", "finding:bad", "-finding:bad"]],
    [`/compare.json?a=${NAMES[0]}&b=${NAMES[1]}`, ["compare", NAMES[0]!, NAMES[1]!]],
  ])("have at %s what the command %j prints", async (path, args) => {
    const [name = "", ...rest] = args;
    const options = rest.filter((each) => each.startsWith("--"));
    const line = await runCli(
      name,
      "--json",
      "--directory",
      folder,
      ...(options.length > 0 ? rest : ["--", ...rest]),
    );
    expect(await get(path)).toEqual(JSON.parse(line.stdout));
  });

  it("have tables for spreadsheets, with a row for each call, message, day and figure", async () => {
    const rows = async (path: string): Promise<number> => {
      const { status, headers, text } = await ask(server.port, path);
      expect([status, headers["content-type"]]).toEqual([200, "text/csv; charset=utf-8"]);
      return text.split("\r\n").length - 2;
    };
    expect(await rows("/calls.csv")).toBe(CALLS + 1);
    const exported = await runCli("export", NAMES[3]!, "--format", "csv", "--directory", folder);
    const twin = await ask(server.port, `/c/${NAMES[3]}.csv`);
    expect(twin.text.split("\r\n").length).toBeGreaterThan(3);
    expect(exported.stdout.split("\r\n").length).toBe(twin.text.split("\r\n").length);
    expect(await rows("/stats.csv")).toBeGreaterThan(0);
    expect(await rows("/compare.csv?a=finding:bad&b=status:complete")).toBeGreaterThan(2);
  });

  it("name what cannot be read, and say why it cannot", async () => {
    const { unreadable } = await get<CallsAnswer>("/calls.json");
    expect(unreadable).toEqual([
      { name: "damaged", reason: expect.stringContaining("damaged") as string },
    ]);
    const shown = await ask(server.port, "/c/damaged.json");
    expect(shown.status).toBe(422);
    expect(shown.text).toContain("damaged");
  });

  it("refuse a query that cannot be read with the command's own words", async () => {
    const { status, text } = await ask(server.port, "/calls.json?q=sinse:7d");
    expect(status).toBe(400);
    expect(text).toContain('did you mean \\"since\\"?');
  });
});

describe("a server that only this machine reaches", () => {
  it.each(["/c/../../../../etc/passwd.json", "/c/..%2f..%2fpackage.json", "/c/%2e%2e%2fx.json"])(
    "gives nothing outside its folder for %s",
    async (path) => {
      const { status, text } = await ask(server.port, path);
      expect(status).toBe(404);
      expect(text).toMatch(/^\{"error":"There is no/);
    },
  );

  it.each(["/c/a%00b.json", "/c/..%5c..%5cx.json", "/c/.hidden.json", "/assets/..%2findex.html"])(
    "finds nothing at %s",
    async (path) => {
      expect((await ask(server.port, path)).status).toBe(404);
    },
  );

  it("does not follow a name to a file beside its folder", async () => {
    const outside = join(folder, "..", "talktrace-outside-page.json");
    cpSync("conversations/sample-parcel-desk.json", outside);
    try {
      const escaped = encodeURIComponent("../talktrace-outside-page");
      expect((await ask(server.port, `/c/${escaped}.json`)).status).toBe(404);
    } finally {
      rmSync(outside);
    }
  });

  it.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80"])(
    "refuses the name %j, because a site may point its own name here",
    async (host) => {
      const answer = await ask(server.port, "/calls.json", { headers: { host } });
      expect([400, 421]).toContain(answer.status);
      expect(answer.text).not.toContain("conversation_");
    },
  );

  it.each<Record<string, string>>([
    { origin: "http://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" },
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
  ])("refuses what another site asks for with %j", async (headers) => {
    const { status, text } = await ask(server.port, "/calls.json", { headers });
    expect(status).toBe(403);
    expect(text).not.toContain("conversation_");
  });

  it("answers a link from another site, its own page, and a tunnel with another port", async () => {
    const link = {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
    };
    const own = { origin: `http://localhost:${server.port}`, host: `localhost:${server.port}` };
    const tunnel = { host: "localhost:9999" };
    for (const headers of [link, own, tunnel])
      expect((await ask(server.port, "/about.json", { headers })).status).toBe(200);
  });

  it.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("refuses %s", async (method) => {
    const { status, headers } = await ask(server.port, "/calls.json", { method });
    expect(status).toBe(405);
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("tells a browser to run nothing but the page's own files, in each answer", async () => {
    for (const path of ["/calls.json", "/nothing", "/c/damaged.json", "/calls.csv"]) {
      const { headers } = await ask(server.port, path);
      const policy = headers["content-security-policy"] ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toContain("unsafe");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
      expect(headers["cache-control"]).toBe("no-store");
    }
  });
});

describe("a server that other machines reach", () => {
  let wide: RunningServer;
  beforeAll(async () => {
    wide = await serve(folder, "0.0.0.0");
  });
  afterAll(() => wide.close());

  it("needs the token that it made, which is another at each start", async () => {
    const other = await serve(folder, "0.0.0.0");
    await other.close();
    expect(wide.token).toMatch(/^[\w-]{32}$/);
    expect(other.token).not.toBe(wide.token);
    for (const cookie of ["", "talktrace_token=", `talktrace_token=${other.token}`])
      expect((await ask(wide.port, "/calls.json", { headers: { cookie } })).status).toBe(401);
    expect((await ask(wide.port, `/calls.json?token=${other.token}`)).status).toBe(401);
    expect((await ask(wide.port, "/events")).status).toBe(401);
    expect((await ask(wide.port, "/")).status).toBe(401);
  });

  it("takes the token from the address once, and keeps it in a cookie that scripts cannot read", async () => {
    const first = await ask(wide.port, `/c/x?t=72.4&token=${wide.token}`);
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe("/c/x?t=72.4");
    const [cookie = ""] = first.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/SameSite=Strict/i);
    const [pair = ""] = cookie.split(";");
    expect((await ask(wide.port, "/calls.json", { headers: { cookie: pair } })).status).toBe(200);
  });

  it("leads nobody to another site by its token", async () => {
    const { headers } = await ask(wide.port, `//evil.example/?token=${wide.token}`);
    expect(headers.location).toBe("/evil.example/");
  });
});

describe("the events of `talktrace serve`", () => {
  it(
    "tell of a call in a folder that is made later, and of a tag",
    { timeout: 20_000 },
    async () => {
      const later = join(mkdtempSync(join(tmpdir(), "talktrace-later-")), "calls");
      const early = await serve(later);
      try {
        const events = await followEvents(early.port);
        expect(await events.next()).toContain("event: change");
        mkdirSync(later);
        cpSync("conversations/sample-parcel-desk.json", join(later, "new.json"));
        expect(await events.next()).toContain("event: change");
        const { calls } = await askJson<CallsAnswer>(early.port, "/calls.json");
        expect(calls.map(({ name }) => name)).toEqual(["new"]);
        await runCli("tag", "new", "billing", "--directory", later);
        const tagged = await askJson<CallsAnswer>(early.port, "/calls.json?q=tag:billing");
        expect(tagged.calls.map(({ tags }) => tags)).toEqual([["billing"]]);
        events.close();
      } finally {
        await early.close();
        rmSync(join(later, ".."), { recursive: true });
      }
    },
  );

  it("answer a page while a thousand others listen, and refuse the next", async () => {
    const open = await Promise.all(Array.from({ length: 1000 }, () => followEvents(server.port)));
    try {
      await Promise.all(open.map((each) => each.next()));
      expect((await ask(server.port, "/events")).status).toBe(503);
      expect((await ask(server.port, "/about.json")).status).toBe(200);
    } finally {
      for (const each of open) each.close();
    }
  });
});

it("`talktrace serve` says that a port is taken, and how to choose another", async () => {
  await expect(
    startServer(readerOf(folder), { host: "127.0.0.1", port: server.port }),
  ).rejects.toThrow(`Port ${server.port} of 127.0.0.1 is taken; choose another with --port`);
});
