import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { findKeyPhrases } from "../../src/insight/index.js";
import type { Sidecar } from "../../src/record/index.js";
import { runCli } from "../support/run-cli.js";

const NAME = "sample-parcel-desk";
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-summary-"));
  cpSync(`conversations/${NAME}.json`, join(folder, `${NAME}.json`));
  for (const name of ["LLM_BASE_URL", "LLM_API_KEY", "LLM_MODEL", "OPENAI_API_KEY"])
    vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

interface Asked {
  url: string;
  authorization: string | undefined;
  body: { model: string; messages: { role: string; content: string }[] };
}

/** A server that speaks as OpenAI's does. */
async function startModel(status: number, answer: string): Promise<Asked[]> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      asked.push({
        url: request.url ?? "",
        authorization: request.headers.authorization,
        body: JSON.parse(body) as Asked["body"],
      });
      response.writeHead(status, { "content-type": "application/json" }).end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  vi.stubEnv("LLM_BASE_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`);
  vi.stubEnv("LLM_API_KEY", "key-1");
  return asked;
}

const summary = (...args: string[]) => runCli("summary", "--directory", folder, ...args);

it("`talktrace summary NAME` says what a call was without asking anybody", async () => {
  const { code, stdout, stderr } = await summary(NAME);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("68 s, 8 turns, complete");
  expect(stdout).toContain("began with  Hello, can you tell me where my parcel is?");
  expect(stdout).toMatch(/^about +.*parcel/m);
  expect(stdout).toMatch(/^tools +lookup_order once/m);
  expect(stdout).toContain("waited      0.99 s (median of 7");
  expect(stdout).toMatch(/▲ warn @.*cut off/);
});

it("`talktrace summary --llm` sends the transcript, prints what the model says, and keeps it with model and time", async () => {
  const asked = await startModel(
    200,
    JSON.stringify({
      choices: [{ message: { role: "assistant", content: " A parcel was\u001b[2J sought. " } }],
    }),
  );
  const { code, stdout } = await summary(NAME, "--llm", "--model", "tiny");
  expect(code).toBe(0);
  expect(stdout).toContain("A parcel was\\u001b[2J sought.");
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({
    url: "/v1/chat/completions",
    authorization: "Bearer key-1",
    body: { model: "tiny" },
  });
  expect(asked[0]?.body.messages[1]?.content).toContain(
    "user: Hello, can you tell me where my parcel is?",
  );
  const { summary: kept } = JSON.parse(
    readFileSync(join(folder, `${NAME}.tags.json`), "utf8"),
  ) as Sidecar;
  expect(kept).toMatchObject({ text: "A parcel was\u001b[2J sought.", model: "tiny" });
  expect(kept?.at).toMatch(/^\d{4}-/);
  vi.stubEnv("LLM_BASE_URL", "http://127.0.0.1:1");
  expect((await summary(NAME)).stdout).toContain("A parcel was");
});

it.each([
  [401, '{"error":{"message":"no such key"}}', "answers 401: no such key"],
  [500, "<html>oops</html>", "answers 500: <html>oops"],
  [200, "not json", "answers without a text"],
  [200, '{"choices":[]}', "answers without a text"],
  [302, "", "answers"],
])(
  "`talktrace summary --llm` says why a model that answers %j %j is of no use, and keeps nothing",
  async (status, answer, why) => {
    await startModel(status, answer);
    const { code, stderr } = await summary(NAME, "--llm");
    expect(code).toBe(1);
    expect(stderr).toContain(status === 302 ? "127.0.0.1" : why);
    expect(stderr).not.toContain("key-1");
    expect(() => readFileSync(join(folder, `${NAME}.tags.json`))).toThrow("ENOENT");
  },
);

it("`talktrace summary --llm` says what to set where no model is known, or nothing answers", async () => {
  expect(await summary(NAME, "--llm")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("set LLM_API_KEY") as string,
  });
  vi.stubEnv("LLM_BASE_URL", "http://u:secret@127.0.0.1:1/v1?k=secret");
  const { stderr } = await summary(NAME, "--llm");
  expect(stderr).toContain("Cannot ask the model at http://127.0.0.1:1/v1/chat/completions");
  expect(stderr).not.toContain("secret");
});

it("`talktrace summary --llm` sends OpenAI's key to no other host", async () => {
  const asked = await startModel(200, JSON.stringify({ choices: [] }));
  vi.stubEnv("LLM_API_KEY", undefined);
  vi.stubEnv("OPENAI_API_KEY", "sk-openai");
  await summary(NAME, "--llm");
  expect(asked).toHaveLength(1);
  expect(JSON.stringify(asked)).not.toContain("sk-openai");
});

it("findKeyPhrases() finds what was said again and again, in several scripts, and no words that every call has", () => {
  expect(
    findKeyPhrases([
      "I want a refund for order 4271",
      "the refund for order 4271 please",
      "thank you",
    ])[0],
  ).toEqual({ text: "refund for order", count: 2 });
  expect(
    findKeyPhrases(["मेरा पार्सल कहाँ है", "आपका पार्सल रास्ते में है"]).map(({ text }) => text),
  ).toContain("पार्सल");
  expect(findKeyPhrases(["yes yes yes", "the the the", "okay okay"])).toEqual([]);
  expect(findKeyPhrases([])).toEqual([]);
});
