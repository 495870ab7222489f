import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDurableForwarder } from "../../otel/index.js";
import { openStore } from "../../src/store/index.js";
import type { ConversationStore } from "../../src/store/index.js";
import { AWAY, makeFakeSender } from "../otel/support/fake-sender.js";
import { makeSpans } from "../otel/support/make-spans.js";
import { startCli } from "../support/demo-process.js";
import { startOtlpReceiver } from "../support/otlp-receiver.js";
import { runCli } from "../support/run-cli.js";

const NAME = "conversation_20250818_143022";
const STARTED_AT = "2025-08-18T14:30:22.000000+05:30";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-recover-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** In a process of its own, for which this one is another that lives. */
function recover(...args: string[]) {
  return startCli(["recover", folder, ...args], { NO_COLOR: "1" }).ended;
}

async function recoverHere(env: Record<string, string> = {}) {
  for (const [name, value] of Object.entries({ OTEL_TRACES_EXPORTER: "none", ...env }))
    vi.stubEnv(name, value);
  return await runCli("recover", folder);
}

function openSession(): ConversationStore {
  const store = openStore({ directory: folder });
  store.open({ id: "s1", started_at: STARTED_AT, software: {} });
  return store;
}

describe("talktrace recover", () => {
  it("tells each problem once, beside what became of the conversation", async () => {
    await openSession().shutdown();
    writeFileSync(join(folder, `${NAME}.json`), "somebody's notes");
    const { code, stdout, stderr } = await recoverHere();
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toBe(
      `recovered  ${join(folder, NAME)}.json  0 messages: "${NAME}.json" was not what was published last; ` +
        `it is kept as "${NAME}.json.edited-1"\n`,
    );
    expect(readdirSync(folder)).toEqual([`${NAME}.json`, `${NAME}.json.edited-1`]);
  });

  it("says what it leaves alone, and why", async () => {
    const store = openSession();
    writeFileSync(join(folder, "conversation_20250818_150000.journal"), "");
    writeFileSync(join(folder, "conversation_20250818_160000.journal"), "");
    const { code, stdout, stderr } = await recover();
    const notes =
      "Left alone: 1 conversation that a living process has in hand\n" +
      "Left alone: 2 conversations whose process cannot be asked from here, written to in the last 2 minutes; try again later\n";
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`Nothing to recover in "${folder}"\n${notes}`);
    expect(await recover("--json")).toMatchObject({ code: 0, stdout: "[]\n", stderr: notes });
    await store.shutdown();
  });

  it("removes what is older than TALKTRACE_KEEP_DAYS, with spans that wait as long, and says so", async () => {
    const spool = join(folder, ".spool");
    mkdirSync(spool);
    const old = [join(folder, `${NAME}.json`), join(folder, `${NAME}.txt`)];
    for (const path of old) writeFileSync(path, "words");
    writeFileSync(join(spool, "1000000000000-0123abcd.spool"), "");
    utimesSync(old[0]!, 1e9, 1e9);
    const keep = (days: string) => recoverHere({ TALKTRACE_KEEP_DAYS: days });
    expect((await keep("36500")).stdout).not.toContain("Removed");
    const { code, stdout } = await keep("30");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        `Nothing to recover in "${folder}"\n` +
        "Removed 1 conversation (2 files) and 1 file of spans that began more than 30 days ago (TALKTRACE_KEEP_DAYS)\n",
    });
    expect([readdirSync(folder), readdirSync(spool)]).toEqual([[".spool"], []]);
  });

  it("reports an unusable TALKTRACE_KEEP_DAYS once, and then removes nothing", async () => {
    const old = join(folder, `${NAME}.txt`);
    writeFileSync(old, "words");
    utimesSync(old, 1e9, 1e9);
    const env = { NO_COLOR: "1", TALKTRACE_KEEP_DAYS: "soon" };
    const { code, stderr } = await startCli(["recover", folder], env).ended;
    expect({
      code,
      stderr: stderr.split("\n").filter((line) => line.includes("KEEP_DAYS")),
    }).toEqual({ code: 0, stderr: [expect.stringContaining('"soon"')] });
    expect(readdirSync(folder)).toEqual([`${NAME}.txt`]);
  });

  it("says no more than that where there is nothing", async () => {
    const { code, stdout } = await recoverHere();
    expect({ code, stdout }).toEqual({ code: 0, stdout: `Nothing to recover in "${folder}"\n` });
  });

  /** Leaves spans as a process does whose endpoint was away. */
  async function leaveSpans(count: number): Promise<string> {
    const directory = join(folder, ".spool");
    const forwarder = createDurableForwarder({
      directory,
      sender: makeFakeSender(() => AWAY),
      url: "http://away",
      report: () => undefined,
    });
    for (const span of makeSpans(count)) forwarder.forward(span);
    await forwarder.shutdown();
    return directory;
  }

  function recoverWith(env: NodeJS.ProcessEnv, ...args: string[]) {
    return startCli(["recover", folder, ...args], { OTEL_TRACES_EXPORTER: "", ...env }).ended;
  }

  it("sends the spans that wait, all of them, and says where to", async () => {
    const directory = await leaveSpans(300);
    const receiver = await startOtlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    const { code, stdout, stderr } = await recoverWith(env);
    await receiver.stop();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`Sent 300 spans of "${directory}" to ${receiver.url}/v1/traces\n`);
    expect(receiver.spans).toHaveLength(300);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("keeps the spans that nobody takes, and says why and what to do", async () => {
    const directory = await leaveSpans(3);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://user:s3cret@127.0.0.1:9" };
    const { code, stdout, stderr } = await recoverWith(env, "--json");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "[]\n" });
    expect(stderr).toContain("cannot send spans to http://127.0.0.1:9/v1/traces");
    expect(stderr).toContain(
      `Not sent: 3 spans of "${directory}", because http://127.0.0.1:9/v1/traces does not take them`,
    );
    expect(stderr).not.toContain("s3cret");
    const receiver = await startOtlpReceiver();
    await recoverWith({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    await receiver.stop();
    expect(receiver.spans).toHaveLength(3);
  });

  it("says that spans wait where the settings send none", async () => {
    const directory = await leaveSpans(1);
    const { code, stdout } = await recoverWith({ OTEL_TRACES_EXPORTER: "none" });
    expect(code).toBe(0);
    expect(stdout).toContain(`Not sent: the spans in "${directory}", because the settings name no`);
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it("leaves alone the spans of a process that lives", async () => {
    const directory = join(folder, ".spool");
    const lines: string[] = [];
    const forwarder = createDurableForwarder({
      directory,
      sender: makeFakeSender(() => AWAY),
      url: "http://away",
      report: (line) => lines.push(line),
    });
    for (const span of makeSpans(2)) forwarder.forward(span);
    const receiver = await startOtlpReceiver();
    const { stdout } = await recoverWith({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    await receiver.stop();
    expect(stdout).toContain(`Left alone: 1 file of spans in "${directory}"`);
    expect(receiver.spans).toEqual([]);
    expect(forwarder.counts().waiting).toBe(2);
    await forwarder.shutdown();
  });
});
