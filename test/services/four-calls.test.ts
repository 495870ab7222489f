import { readdirSync } from "node:fs";
import { dispose } from "@livekit/rtc-node";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { StandIns } from "../../src/demo/stand-ins/start-stand-ins.js";
import type { Conversation } from "../../src/record/index.js";
import {
  FOR_A_BUSY_MACHINE,
  GREETING,
  type HeldCall,
  agentMessages,
  converse,
  findHeard,
  repliesTo,
  startSpeechServices,
  transcriptOf,
  until,
  visible,
  wordsOf,
} from "./support/call.js";
import { type Caller, joinRoom } from "./support/caller.js";
import { type JaegerSpan, connectJaeger, findOrphans, isOver } from "./support/jaeger.js";
import { type Worker, startWorker } from "./support/worker.js";

/** LiveKit takes names of up to 256 bytes; a letter of Hindi has three. */
const CALLS = [
  {
    what: "slashes and dots",
    roomName: "../../desk/./calls/..\\4",
    identity: "../caller/one.json",
    says: ["will-driver-call", "goodbye"],
  },
  {
    what: "Hindi",
    roomName: "पार्सल की पूछताछ: कमरा ४",
    identity: "ग्राहक/दो",
    says: ["counter-hours", "how-long-kept"],
  },
  {
    what: "255 bytes",
    roomName: "क".repeat(85),
    identity: "c".repeat(255),
    says: ["where-is-my-parcel", "order-number"],
  },
  {
    what: "signs that mean something to shells, URLs and JSON",
    roomName: `.room ?a=1&b=%2F#"quoted" 'and' $(so) \u{1F4E6}`,
    identity: `"{}" %00 ; --`,
    says: ["how-long-kept", "will-driver-call"],
  },
] as const;

interface Recorded {
  caller: Caller;
  held: HeldCall;
  record: Conversation;
  trace: JaegerSpan[];
}

/** Two cores carry the sound of two calls and their callers in time, but not of four. */
const AT_ONCE = 2;

describe("four calls of one worker, two at a time", () => {
  const servers = inject("servers");
  const jaeger = connectJaeger(servers.jaeger);
  const callers: Caller[] = [];
  let standIns: StandIns;
  let worker: Worker;
  let calls: Recorded[];

  async function hold({ roomName, identity, says }: (typeof CALLS)[number]): Promise<Recorded> {
    const caller = await joinRoom({ livekit: servers.livekit, roomName, identity });
    callers.push(caller);
    const held = await converse(caller, says);
    await caller.hangUp();
    const record = await until(`the record of "${roomName}"`, async () =>
      (await worker.conversations()).find(
        ({ session }) => session.room === roomName && session.status === "complete",
      ),
    );
    const trace = await jaeger.traceWith(record.session.trace_id ?? "", isOver);
    return { caller, held, record, trace };
  }

  beforeAll(async () => {
    standIns = await startSpeechServices(FOR_A_BUSY_MACHINE);
    worker = await startWorker({ servers, standIns, command: "dev" });
    calls = [];
    for (let first = 0; first < CALLS.length; first += AT_ONCE) {
      calls.push(...(await Promise.all(CALLS.slice(first, first + AT_ONCE).map(hold))));
    }
  });

  afterAll(async () => {
    await Promise.all(callers.map((caller) => caller.hangUp()));
    await worker?.stop();
    await standIns?.stop();
    await dispose();
  });

  it("make four files, each with a plain name, and nothing else", () => {
    const names = visible(readdirSync(worker.directory));
    expect(names).toHaveLength(CALLS.length);
    for (const name of names) expect(name).toMatch(/^conversation_\d{8}_\d{6}(_\d)?\.json$/);
  });

  it("make four traces, and four conversations in them", () => {
    expect(new Set(calls.map(({ record }) => record.session.trace_id)).size).toBe(CALLS.length);
    expect(new Set(calls.map(({ caller }) => caller.roomId)).size).toBe(CALLS.length);
    expect(new Set(calls.map(({ record }) => record.session.job)).size).toBe(CALLS.length);
  });

  it.each(CALLS.map((call, index) => ({ ...call, index })))(
    "keep their own words, in a room and of a caller whose names have $what",
    ({ roomName, says, index }) => {
      const { record, trace, caller } = calls[index] as Recorded;
      expect(record.session).toMatchObject({ room: roomName, status: "complete" });
      expect(transcriptOf(record)).toEqual([
        GREETING,
        ...says.flatMap((id) => [wordsOf(id), ...repliesTo(id)]),
      ]);
      expect(agentMessages(record).map(({ delivery }) => delivery)).toEqual(
        agentMessages(record).map(() => "full"),
      );
      expect(record.integrity).toMatchObject({ dropped: 0, damaged_lines: 0 });

      expect(trace.filter(({ parentId }) => parentId === undefined)).toMatchObject([
        { name: "job_entrypoint", tags: { "lk.pii.room_name": roomName } },
      ]);
      expect(findOrphans(trace)).toEqual([]);
      const conversations = trace.flatMap(({ tags }) => tags["gen_ai.conversation.id"] ?? []);
      expect(new Set(conversations)).toEqual(new Set([caller.roomId]));
      const inTrace = trace.filter(({ tags }) => tags["role"] !== undefined);
      const ids = record.conversation.map(({ span_id }) => span_id ?? "");
      expect(inTrace.map(({ spanId }) => spanId).toSorted()).toEqual(ids.toSorted());
    },
  );

  it("are found in Jaeger by their conversations, each by its own", async () => {
    for (const { caller, record } of calls) {
      const found = await jaeger.search("voice-agent", { "gen_ai.conversation.id": caller.roomId });
      expect(found).toEqual([record.session.trace_id]);
    }
  });

  it("have each reply start when its caller hears it, within what a busy machine adds", () => {
    const laterMs = calls.map(({ held, record }) => {
      const messages = agentMessages(record);
      const heard = findHeard(held.replies, messages);
      expect(new Set(heard.map(({ startedAtMs }) => startedAtMs)).size).toBe(messages.length);
      return heard.map(({ startedAtMs }, index) =>
        Math.round(startedAtMs - Date.parse(messages[index]?.started_at ?? "")),
      );
    });
    // Two calls and their callers on two cores: a jitter buffer holds sound back that comes late.
    console.log(`Two calls at once: heard later than started_at by ${laterMs.join(" | ")} ms`);
    for (const ms of laterMs.flat()) expect(Math.abs(ms)).toBeLessThanOrEqual(500);
  });
});
