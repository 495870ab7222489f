import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { runWithJobContextAsync } from "@livekit/agents";
import { expect, it } from "vitest";
import { endWithJob } from "../../src/livekit/job-end.js";
import { FakeRoom, createJob } from "../compat/support/fake-room.js";
import { recordSessions, startSession } from "./support/observed-session.js";

recordSessions();

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

it("a job gets one callback for all its sessions, which ends those that go on", async () => {
  const job = createJob(new FakeRoom(), { id: "AJ_1" });
  const [over, open] = await runWithJobContextAsync(job, async () => [
    await startSession(),
    await startSession(),
  ]);
  expect(job.shutdownCallbacks).toHaveLength(1);
  await over.session.close();
  for (const end of job.shutdownCallbacks) await end();
  expect((await open.finish()).session).toMatchObject({
    status: "complete",
    close_reason: "job_shutdown",
  });
  expect((await over.finish()).session.close_reason).not.toBe("job_shutdown");
});

/** One session of the job that runs, from its start to its end; gives what still refers to it. */
function endOnce(): WeakRef<() => Promise<void>> {
  const end = async (): Promise<void> => undefined;
  endWithJob(end)();
  return new WeakRef(end);
}

it("a job keeps nothing of a session that is over", async () => {
  const job = createJob(new FakeRoom(), { id: "AJ_2" });
  const ends: WeakRef<() => Promise<void>>[] = [];
  await runWithJobContextAsync(job, async () => {
    for (let count = 0; count < 20; count += 1) ends.push(endOnce());
  });
  // A WeakRef holds its target until the job that made it has ended.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  // The latest may still be on V8's own stack.
  expect(ends.filter((each) => each.deref() !== undefined).length).toBeLessThan(2);
  expect(job.shutdownCallbacks).toHaveLength(1);
});
