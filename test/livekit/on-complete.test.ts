import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runWithJobContextAsync } from "@livekit/agents";
import { afterEach, expect, it, vi } from "vitest";
import type { CompletedConversation, OnComplete } from "../../src/livekit/index.js";
import { handOn } from "../../src/livekit/on-complete.js";
import type { Conversation } from "../../src/record/index.js";
import { FakeRoom, createJob } from "../compat/support/fake-room.js";
import { makeFolder } from "../store/support/folder.js";
import { recordSessions, startSession } from "./support/observed-session.js";

recordSessions();
afterEach(() => void vi.useRealTimers());

/** A call in which the agent has said one thing. */
async function holdCall(onComplete: OnComplete) {
  const call = await startSession({ observeWith: { onComplete } });
  await call.session.say("Good morning.").waitForPlayout();
  return call;
}

it("onComplete gets the complete file before close() resolves", async () => {
  const completed: CompletedConversation[] = [];
  let onDisk: Conversation | undefined;
  const call = await holdCall(async (given) => {
    onDisk = JSON.parse(readFileSync(given.path, "utf8")) as Conversation;
    await new Promise((resolve) => setImmediate(resolve));
    completed.push(given);
  });
  expect(completed).toEqual([]);
  await call.session.close();
  expect(completed).toEqual([{ path: call.observation.path, conversation: onDisk }]);
  expect(onDisk).toMatchObject({
    conversation: [{ content: "Good morning.", delivery: "full" }],
    session: { id: call.observation.sessionId, status: "complete" },
  });
  await call.finish();
  expect(completed).toHaveLength(1);
  expect(call.problems).toEqual([]);
});

it("onComplete is called once for each session that is started again", async () => {
  const paths: string[] = [];
  const call = await holdCall(({ path }) => void paths.push(path));
  await call.finish();
  await call.restart();
  await call.session.say("Hello again.").waitForPlayout();
  await call.finish();
  expect(paths).toHaveLength(2);
  expect(new Set(paths).size).toBe(2);
});

it.each<[string, OnComplete, string]>([
  [
    "throws",
    () => {
      throw new Error("no bucket");
    },
    "no bucket",
  ],
  ["rejects", () => Promise.reject(new Error("no bucket")), "no bucket"],
  [
    "throws an error whose message cannot be read",
    () => {
      throw Object.defineProperty(new Error("x"), "message", {
        get: () => {
          throw new Error("hidden");
        },
      });
    },
    "Error",
  ],
])("a hook that %s costs one line, and the file is whole", async (_, onComplete, why) => {
  const call = await holdCall(onComplete);
  const { session } = await call.finish();
  expect(session.status).toBe("complete");
  expect(call.problems).toEqual([
    `onComplete failed for "${call.observation.path}": ${why}. The file is kept`,
  ]);
});

it("a hook that hangs is waited for no longer than 10 s, which is one line", async () => {
  let hang: (() => void) | undefined;
  const isHanging = new Promise<void>((resolve) => (hang = resolve));
  let fail: ((error: Error) => void) | undefined;
  const call = await holdCall(
    () =>
      new Promise((_, reject) => {
        fail = reject;
        hang?.();
      }),
  );
  // LiveKit's own timers go on at their pace until the hook hangs.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
  let isClosed = false;
  const closing = call.session.close().then(() => (isClosed = true));
  await isHanging;
  await vi.advanceTimersByTimeAsync(9000);
  expect(isClosed).toBe(false);
  await vi.advanceTimersByTimeAsync(1000);
  await closing;
  vi.useRealTimers();
  const line = `onComplete has not finished for "${call.observation.path}" within 10 s: the session's end no longer waits for it. The file is kept`;
  expect(call.problems).toEqual([line]);
  fail?.(new Error("too late to be told"));
  expect((await call.finish()).session.status).toBe("complete");
  expect(call.problems).toEqual([line]);
});

it("the shutdown of a job waits for onComplete", async () => {
  const steps: string[] = [];
  const job = createJob(new FakeRoom(), { id: "AJ_1" });
  const call = await runWithJobContextAsync(job, () =>
    holdCall(async ({ conversation }) => {
      await new Promise((resolve) => setImmediate(resolve));
      steps.push(`handed on ${conversation.session.status}`);
    }),
  );
  for (const end of job.shutdownCallbacks) await end();
  steps.push("the job ended");
  expect(steps).toEqual(["handed on complete", "the job ended"]);
  await call.finish();
  expect(steps).toHaveLength(2);
});

it("onComplete is not called where an exporter of the user's own writes the record", async () => {
  const lines: string[] = [];
  const onComplete = vi.fn<OnComplete>();
  await handOn(undefined, onComplete, (line) => lines.push(line));
  expect(onComplete).not.toHaveBeenCalled();
  expect(lines).toEqual([expect.stringMatching(/^onComplete is not called: TalkTrace does not/)]);
});

it("onComplete gets the file without a check against the schema, because loading the check takes longer than a session's end waits", async () => {
  const completed: unknown[] = [];
  const path = join(makeFolder(), "conversation_20260101_090000.json");
  // No schema takes it.
  const written = { session: { status: "complete" }, integrity: {} };
  writeFileSync(path, JSON.stringify(written));
  const lines: string[] = [];
  await handOn(
    path,
    (given) => void completed.push(given),
    (line) => lines.push(line),
  );
  expect({ completed, lines }).toEqual({ completed: [{ path, conversation: written }], lines: [] });
});

it("onComplete is not called for a file that is not complete on the disk", async () => {
  const onComplete = vi.fn<OnComplete>();
  const lines: string[] = [];
  const call = await holdCall(() => undefined);
  await handOn(call.observation.path, onComplete, (line) => lines.push(line));
  expect(onComplete).not.toHaveBeenCalled();
  expect(lines).toEqual([expect.stringContaining("the file is not complete on the disk")]);
  await call.finish();
});
