import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { dispose } from "@livekit/rtc-node";
import { AgentDispatchClient } from "livekit-server-sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { StandIns } from "../../src/demo/stand-ins/start-stand-ins.js";
import type { Conversation } from "../../src/record/index.js";
import {
  FOR_A_BUSY_MACHINE,
  GREETING,
  agentMessages,
  ask,
  repliesTo,
  startSpeechServices,
  transcriptOf,
  until,
  wordsOf,
} from "./support/call.js";
import { type Caller, joinRoom } from "./support/caller.js";
import { connectJaeger, findOrphans, isOver } from "./support/jaeger.js";
import { type Worker, startWorker } from "./support/worker.js";

const SECOND_AGENT = "second-desk";
const METADATA = '{"campaign":"autumn","dial":"+15105550100"}';

describe("rooms with more than a caller and an agent", () => {
  const servers = inject("servers");
  const jaeger = connectJaeger(servers.jaeger);
  const callers: Caller[] = [];
  let standIns: StandIns;
  let directory: string;
  let workers: Worker[] = [];
  let twoCallers: { record: Conversation; first: Caller; second: Caller; heardS: number[] };
  let twoAgents: { records: Conversation[]; caller: Caller };

  const join = async (roomName: string, identity: string) => {
    const caller = await joinRoom({ livekit: servers.livekit, roomName, identity });
    callers.push(caller);
    return caller;
  };

  const recordsOf = (roomName: string, count: number) =>
    until(`${count} records of "${roomName}"`, async () => {
      const all = (await workers[0]?.conversations()) ?? [];
      const found = all.filter(
        ({ session }) => session.room === roomName && session.status === "complete",
      );
      return found.length === count ? found : undefined;
    });

  async function holdWithTwoCallers() {
    const first = await join("two-callers", "first");
    const agent = await first.agent();
    const second = await join("two-callers", "second");
    const ears = [agent, await second.agent()];
    await agent.untilSaid([GREETING]);
    // Of the greeting the second heard what was left of it.
    const beforeS = ears.map((ear) => ear.audibleS());
    await second.say("goodbye");
    await ask(first, agent, "how-long-kept");
    const heardS = ears.map((ear, index) => ear.audibleS() - (beforeS[index] ?? 0));
    await first.hangUp();
    const [record] = await recordsOf("two-callers", 1);
    return { record: record as Conversation, first, second, heardS };
  }

  async function holdWithTwoAgents() {
    const { url, apiKey, apiSecret } = servers.livekit;
    const dispatch = new AgentDispatchClient(url.replace(/^ws/, "http"), apiKey, apiSecret);
    await dispatch.createDispatch("two-agents", SECOND_AGENT, { metadata: METADATA });
    const caller = await join("two-agents", "caller");
    const agents = await until("two agents", () =>
      caller.agents.size === 2 ? [...caller.agents.values()] : undefined,
    );
    await Promise.all(agents.map((agent) => agent.untilSaid([GREETING])));
    agents.forEach((agent) => agent.mark());
    await caller.say("will-driver-call");
    await Promise.all(agents.map((agent) => agent.untilSaid(repliesTo("will-driver-call"))));
    await caller.press("5");
    await until("the key in both records", async () => {
      const all = (await workers[0]?.conversations()) ?? [];
      const pressed = all.filter(({ events }) => events.some(({ type }) => type === "dtmf"));
      return pressed.length === 2 ? true : undefined;
    });
    await caller.hangUp();
    return { records: await recordsOf("two-agents", 2), caller };
  }

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "talktrace-shared-"));
    standIns = await startSpeechServices(FOR_A_BUSY_MACHINE);
    const options = { servers, standIns, directory, command: "dev" as const };
    workers = await Promise.all([
      startWorker(options),
      startWorker({ ...options, env: { AGENT_NAME: SECOND_AGENT } }),
    ]);
    twoCallers = await holdWithTwoCallers();
    twoAgents = await holdWithTwoAgents();
  });

  afterAll(async () => {
    await Promise.all(callers.map((caller) => caller.hangUp()));
    await Promise.all(workers.map((worker) => worker.stop()));
    await standIns?.stop();
    rmSync(directory, { recursive: true, force: true });
    await dispose();
  });

  it("records of two callers the one that LiveKit listens to, until that one hangs up", () => {
    const { record } = twoCallers;
    expect(transcriptOf(record)).toEqual([
      GREETING,
      wordsOf("how-long-kept"),
      ...repliesTo("how-long-kept"),
    ]);
    expect(record.session.close_reason).toBe("participant_disconnected");
    expect(agentMessages(record).map(({ delivery }) => delivery)).toEqual(["full", "full"]);
  });

  it("lets both callers hear what the record says was heard", () => {
    const { first, second, heardS } = twoCallers;
    const [agent] = first.agents.keys();
    expect([...second.agents.keys()]).toEqual([agent]);
    // The same words sound for as long, whoever hears them.
    const [heardByFirst = 0, heardBySecond = 0] = heardS;
    console.log(
      `Of one reply two callers heard ${heardByFirst.toFixed(2)} and ${heardBySecond.toFixed(2)} s`,
    );
    expect(heardByFirst).toBeGreaterThan(1);
    expect(heardBySecond).toBeGreaterThan(heardByFirst * 0.8);
  });

  it("records who was in the room, whom the agent listened to, and when each left", () => {
    const { participants, room_id: roomId } = twoCallers.record.session;
    expect(roomId).toBe(twoCallers.first.roomId);
    expect(participants?.toSorted((a, b) => a.identity.localeCompare(b.identity))).toEqual([
      {
        identity: "first",
        id: expect.stringMatching(/^PA_/) as string,
        kind: "standard",
        name: "first",
        linked: true,
        joined_at: expect.any(String) as string,
        left_at: expect.any(String) as string,
        left_reason: "client_initiated",
      },
      expect.objectContaining({ identity: "second", name: "second" }),
    ]);
    expect(participants?.find(({ identity }) => identity === "second")?.linked).toBeUndefined();
  });

  it("records how an agent was dispatched, and the keys that the caller pressed", () => {
    const { records } = twoAgents;
    const dispatched = records.find(({ session }) => session.agent_name !== undefined);
    expect(dispatched?.session).toMatchObject({
      agent_name: SECOND_AGENT,
      dispatch_metadata: '{"campaign":"autumn","dial":"[number]"}',
      job: expect.stringMatching(/^AJ_/) as string,
    });
    for (const { events, session } of records) {
      expect(events).toMatchObject([
        { type: "dtmf", data: { digit: "5", code: 5, participant: "caller" } },
      ]);
      expect(session.participants?.map(({ kind }) => kind).toSorted()).toEqual([
        "agent",
        "standard",
      ]);
      expect(session.software).toMatchObject({
        "@livekit/agents-plugin-deepgram": expect.any(String) as string,
      });
    }
  });

  it("records two agents in one room in a file and a trace each", async () => {
    const { records, caller } = twoAgents;
    const expected = [GREETING, wordsOf("will-driver-call"), ...repliesTo("will-driver-call")];
    expect(records.map(transcriptOf)).toEqual([expected, expected]);
    const traces = records.map(({ session }) => session.trace_id ?? "");
    expect(new Set(traces).size).toBe(2);
    for (const trace of traces) {
      const spans = await jaeger.traceWith(trace, isOver);
      expect(spans.filter(({ parentId }) => parentId === undefined)).toMatchObject([
        { name: "job_entrypoint" },
      ]);
      expect(findOrphans(spans)).toEqual([]);
    }
    // To LiveKit a room is a conversation: both are found by it.
    const found = await jaeger.search("voice-agent", { "gen_ai.conversation.id": caller.roomId });
    expect(found.toSorted()).toEqual(traces.toSorted());
  });
});
