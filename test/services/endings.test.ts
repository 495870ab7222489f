import { readdirSync } from "node:fs";
import { dispose } from "@livekit/rtc-node";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { StandIns } from "../../src/demo/stand-ins/start-stand-ins.js";
import type { Conversation } from "../../src/record/index.js";
import {
  GREETING,
  agentMessages,
  ask,
  repliesTo,
  startSpeechServices,
  transcriptOf,
  until,
  visible,
  wordsOf,
} from "./support/call.js";
import { type Caller, joinRoom } from "./support/caller.js";
import { connectJaeger, findOrphans, isOver } from "./support/jaeger.js";
import { type Ended, canListProcesses, listGroup } from "./support/program.js";
import { type Worker, startWorker } from "./support/worker.js";

const LONG_REPLY = "nobody-home";
/**
 * One to two seconds on two cores: the server lets the room go a second after the caller has. A
 * worker that hangs is only ended after LiveKit's minute, and must not pass for one that ends.
 */
const SHUTDOWN_LIMIT_MS = 15_000;

describe("calls that end in another way than by goodbye", () => {
  const servers = inject("servers");
  const jaeger = connectJaeger(servers.jaeger);
  const callers: Caller[] = [];
  let standIns: StandIns;
  let worker: Worker;
  let afterKill: { files: string[]; record: Conversation };
  let ended: Ended;
  let hangUpToEndMs: number;

  const recordOf = async (roomName: string) =>
    (await worker.conversations()).find(({ session }) => session.room === roomName);
  const recordWith = (roomName: string, status: string) =>
    until(`the ${status} record of "${roomName}"`, async () => {
      const record = await recordOf(roomName);
      return record?.session.status === status ? record : undefined;
    });

  async function join(roomName: string) {
    const caller = await joinRoom({ livekit: servers.livekit, roomName, identity: roomName });
    callers.push(caller);
    return { caller, agent: await caller.agent() };
  }

  /** Until the agent is in the middle of a long reply. */
  async function joinAndAsk(roomName: string) {
    const { caller, agent } = await join(roomName);
    await agent.untilSaid([GREETING]);
    await caller.say(LONG_REPLY);
    await agent.untilHeard(3);
    return { caller, agent };
  }

  beforeAll(async () => {
    standIns = await startSpeechServices();
    worker = await startWorker({ servers, standIns });

    await Promise.all([
      joinAndAsk("hung-up").then(({ caller }) => caller.hangUp()),
      joinAndAsk("killed").then(async () => {
        // Its process is the one whose log names the caller.
        const line = await worker.line(/"lk\.pii\.participant_identity":"killed"/);
        const { pid } = JSON.parse(line) as { pid: number };
        process.kill(pid, "SIGKILL");
        await until("the end of the job's process", () =>
          worker.jobProcesses().some((each) => each.pid === pid) ? undefined : true,
        );
        afterKill = {
          files: readdirSync(worker.directory),
          record: (await recordOf("killed")) as Conversation,
        };
      }),
    ]);
    await recordWith("hung-up", "complete");

    const { caller, agent } = await joinAndAsk("asked-to-stop");
    worker.signal("SIGTERM");
    await agent.untilSaid([GREETING, ...repliesTo(LONG_REPLY)]);
    await ask(caller, agent, "goodbye");
    const startedMs = performance.now();
    await caller.hangUp();
    ended = await worker.ended;
    hangUpToEndMs = performance.now() - startedMs;
  });

  afterAll(async () => {
    await Promise.all(callers.map((caller) => caller.hangUp()));
    await worker?.stop();
    await standIns?.stop();
    await dispose();
  });

  const asked = [GREETING, wordsOf(LONG_REPLY), ...repliesTo(LONG_REPLY)];

  it("a caller who hangs up in mid-reply leaves a complete file that says what was heard", async () => {
    const record = await recordWith("hung-up", "complete");
    expect(transcriptOf(record)).toEqual(asked);
    expect(record.session.close_reason).toBe("participant_disconnected");
    const reply = agentMessages(record).at(-1);
    expect(reply).toMatchObject({ delivery: "partial", generated: asked.at(-1) });
    expect(asked.at(-1)?.startsWith(reply?.content ?? "?")).toBe(true);
    // Three seconds were heard before, in which more than a few words have room.
    expect(reply?.content.split(" ").length).toBeGreaterThan(4);
    const trace = await jaeger.traceWith(record.session.trace_id ?? "", isOver);
    expect(findOrphans(trace)).toEqual([]);
  });

  it("a job that is killed in mid-reply leaves a valid file with what was being said", () => {
    const { record, files } = afterKill;
    expect(record.session.status).toBe("open");
    expect(transcriptOf(record)).toEqual(asked);
    expect(agentMessages(record).at(-1)).toMatchObject({ delivery: "pending" });
    expect(files).toContainEqual(expect.stringMatching(/\.journal$/));
  });

  it("the next call marks the killed one as recovered, and loses nothing of it", async () => {
    const record = await recordWith("killed", "recovered");
    expect(transcriptOf(record)).toEqual(asked);
    expect(record.integrity).toMatchObject({ dropped: 0, damaged_lines: 0 });
    expect(worker.messages().join("\n")).toMatch(
      /Recovered ".*": the process that wrote it had died/,
    );
  });

  it("of a killed job Jaeger gets every span, those that were open as well", async () => {
    const record = await recordWith("killed", "recovered");
    const trace = await jaeger.traceWith(record.session.trace_id ?? "", (spans) =>
      spans.some(({ name }) => name === "agent_session"),
    );
    const known = new Set(trace.map(({ spanId }) => spanId));
    expect(record.conversation.filter(({ span_id }) => !known.has(span_id ?? ""))).toEqual([]);
    expect(trace.filter(({ parentId }) => parentId === undefined)).toMatchObject([
      { name: "job_entrypoint" },
    ]);
    expect(findOrphans(trace)).toEqual([]);
    const cutShort = trace.filter(({ tags }) => tags["talktrace.recovered"] !== undefined);
    expect(cutShort.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["agent_session", "agent_turn", "playout"]),
    );
  });

  it("a worker that is asked to stop lets the call go on to its end, then ends in time", async () => {
    const record = await recordWith("asked-to-stop", "complete");
    expect(transcriptOf(record)).toEqual([...asked, wordsOf("goodbye"), ...repliesTo("goodbye")]);
    expect(agentMessages(record).map(({ delivery }) => delivery)).toEqual(["full", "full", "full"]);
    expect(ended.code).toBe(143);
    console.log(`From hanging up to the worker's end: ${Math.round(hangUpToEndMs)} ms`);
    expect(hangUpToEndMs).toBeLessThan(SHUTDOWN_LIMIT_MS);
    const left = visible(readdirSync(worker.directory));
    expect(left.filter((name) => !name.endsWith(".json"))).toEqual([]);
  });

  it("a worker that has stopped leaves no process", (context) => {
    if (!canListProcesses()) {
      console.log("Not checked: whether a process is left, because there is no /proc to tell");
      context.skip();
    }
    expect(listGroup(worker.pid)).toEqual([]);
  });

  it("a worker that has stopped has sent every span", async () => {
    const { session } = await recordWith("asked-to-stop", "complete");
    const trace = await jaeger.traceWith(session.trace_id ?? "", isOver);
    expect(findOrphans(trace)).toEqual([]);
  });
});
