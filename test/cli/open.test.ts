import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Conversation } from "../../src/record/index.js";
import { runCli } from "../support/run-cli.js";

const SAMPLE = "conversations/sample-parcel-desk.json";
const { session, conversation } = JSON.parse(readFileSync(SAMPLE, "utf8")) as Conversation;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-open-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it("`talktrace open NAME` prints Jaeger's address of the call's trace", async () => {
  expect(await runCli("open", SAMPLE, "--print")).toEqual({
    code: 0,
    stdout: `http://localhost:16686/trace/${session.trace_id}\n`,
    stderr: "",
  });
});

it("`talktrace open NAME@t` names the span of the message at that moment", async () => {
  const { stdout } = await runCli(
    "open",
    `${SAMPLE}@0:30`,
    "--print",
    "--jaeger-ui",
    "https://host/jaeger/",
  );
  const url = new URL(stdout.trim());
  expect(url.pathname).toBe(`/jaeger/trace/${session.trace_id}`);
  expect(conversation.map(({ span_id }) => span_id)).toContain(url.searchParams.get("uiFind"));
});

it("`talktrace open` hands the address to the browser as one word, whatever is in it", async () => {
  const seen = join(folder, "seen");
  writeFileSync(
    join(folder, "xdg-open"),
    `#!/bin/sh\nprintf '%s' "$#:$1" > "${seen}.part"\nmv "${seen}.part" "${seen}"\n`,
  );
  chmodSync(join(folder, "xdg-open"), 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"] ?? ""}`);
  vi.stubEnv("DISPLAY", ":0");
  const ui = "http://localhost:1/$(touch x)`id`;&'";
  const { code, stdout } = await runCli("open", SAMPLE, "--jaeger-ui", ui, "--json");
  expect(code).toBe(0);
  const { url, opened } = JSON.parse(stdout) as { url: string; opened: boolean };
  expect(opened).toBe(true);
  await vi.waitFor(() => expect(readFileSync(seen, "utf8")).toBe(`1:${url}`), 10_000);
});

it("`talktrace open` says where a record has no trace, or an address is none of http", async () => {
  const file = join(folder, "a.json");
  const { trace_id: _traceId, ...without } = session;
  writeFileSync(
    file,
    JSON.stringify({ ...(JSON.parse(readFileSync(SAMPLE, "utf8")) as object), session: without }),
  );
  expect(await runCli("open", file)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("names no trace") as string,
  });
  expect(await runCli("open", SAMPLE, "--jaeger-ui", "file:///etc/passwd")).toMatchObject({
    code: 2,
  });
});
