import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parseCommandLine } from "../../src/cli/program.js";
import { type AgentMessage, type Message, toTimestamp } from "../../src/record/index.js";
import { openStore } from "../../src/store/index.js";
import { startCli } from "../support/demo-process.js";
import { keepOutput } from "../support/keep-output.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-tail-"));
});
afterEach(() => {
  process.exitCode = undefined;
  rmSync(folder, { recursive: true });
});

function say(seq: number, content: string, more: Partial<AgentMessage> = {}): Message {
  const base = { content, timestamp: toTimestamp(Date.now()), id: `m_${seq}`, seq, turn_id: "t_1" };
  return seq % 2 === 1
    ? { role: "user", source: "deepgram_stt", ...base }
    : { role: "agent", source: "cartesia_tts", delivery: "pending", ...base, ...more };
}

/** Tails in this process; `until` resolves when what was printed has the text. */
function startTail(...args: string[]) {
  const terminal = keepOutput();
  const watchers = new Set<() => void>();
  const { print, printJsonLine } = terminal;
  const tell =
    <T>(write: (given: T) => void) =>
    (given: T): void => {
      write(given);
      watchers.forEach((watch) => watch());
    };
  const watched = { ...terminal, print: tell(print), printJsonLine: tell(printJsonLine) };
  const done = parseCommandLine(watched, ["tail", "--directory", folder, ...args]);
  const text = () => terminal.out.join("\n");
  const until = (sought: string): Promise<void> =>
    new Promise((resolve) => {
      const watch = () => {
        if (!text().includes(sought)) return;
        watchers.delete(watch);
        resolve();
      };
      watchers.add(watch);
      watch();
    });
  return { done, until, text, terminal };
}

it("`talktrace tail` prints each message as it settles, with where its wait went, and ends with the call", async () => {
  const store = openStore({ directory: folder });
  store.open({ id: "s1", started_at: toTimestamp(Date.now()), software: {} });
  store.add("s1", say(1, "where is my parcel"));
  const { done, until, text } = startTail();
  await until("where is my parcel");
  store.add(
    "s1",
    say(2, "on its way", {
      latency: {
        origin: "speech_end",
        marks: { transcript_final: 0.3, llm_start: 0.4, llm_first_token: 0.8, playback_start: 1.1 },
        e2e_s: 1.1,
      },
    }),
  );
  store.add("s1", say(3, "thank you"));
  await until("thank you");
  expect(text()).not.toContain("on its way");
  store.amend("s1", "m_2", { delivery: "full" });
  await until("on its way");
  expect(text()).toMatch(/\[1\.10 s/);
  expect(text()).toContain("█");
  store.close("s1", { ended_at: toTimestamp(Date.now()), close_reason: "user_initiated" });
  await done;
  expect(text()).toMatch(/complete, .* s, user initiated/);
  expect(process.exitCode).toBeUndefined();
  await store.shutdown();
});

it("`talktrace tail --jsonl` prints a line of JSON for each part", async () => {
  const store = openStore({ directory: folder });
  store.open({ id: "s1", started_at: toTimestamp(Date.now()), software: {} });
  store.add("s1", say(1, "hello"));
  const { done, until, terminal } = startTail("--jsonl");
  await until("hello");
  store.close("s1", { ended_at: toTimestamp(Date.now()) });
  await done;
  const parts = terminal.out.map((line) => JSON.parse(line) as object);
  expect(parts).toEqual([
    expect.objectContaining({ message: expect.objectContaining({ content: "hello" }) as unknown }),
    expect.objectContaining({ status: "complete" }),
  ]);
  await store.shutdown();
});

it("`talktrace tail` says that no call is open, and with --next waits for one", async () => {
  await expect(startTail().done).rejects.toThrow("--next waits for one");
  const store = openStore({ directory: folder });
  const child = startCli(["tail", "--next", "--directory", folder], { NO_COLOR: "1" });
  store.open({ id: "s1", started_at: toTimestamp(Date.now()), software: {} });
  store.add("s1", say(1, "first call"));
  await child.line(/first call/);
  store.close("s1", { ended_at: toTimestamp(Date.now()) });
  await child.line(/complete/);
  store.open({ id: "s2", started_at: toTimestamp(Date.now() + 2000), software: {} });
  store.add("s2", say(1, "second call"));
  await child.line(/second call/);
  child.child.kill("SIGINT");
  expect((await child.ended).stderr).toBe("");
  store.close("s2", { ended_at: toTimestamp(Date.now()) });
  await store.shutdown();
});

it("`talktrace tail NAME` of a call that is over prints it and ends", async () => {
  const { done, text } = startTail("conversations/sample-parcel-desk.json");
  await done;
  expect(text()).toContain("where my parcel is");
  expect(text()).toContain("sample-parcel-desk.json: complete");
});
