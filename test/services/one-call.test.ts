import { readdirSync } from "node:fs";
import { dispose } from "@livekit/rtc-node";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { AudibleSpan } from "../../src/demo/caller-microphone.js";
import { findUtterance } from "../../src/demo/read-utterances.js";
import { speakInTones } from "../../src/demo/stand-ins/speak-in-tones.js";
import type { StandIns } from "../../src/demo/stand-ins/start-stand-ins.js";
import type { AgentMessage, Conversation } from "../../src/record/index.js";
import {
  GREETING,
  agentMessages,
  ask,
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
import { writeSampleTrace } from "./support/write-sample-trace.js";

/** Where the trace of this call goes, when it is asked for: the sample in docs/. */
const SAMPLE = process.env["TALKTRACE_SAMPLE_TRACE"];

/** What the caller says, in order. */
const SPOKEN = ["will-driver-call", "order-number", "nobody-home", "how-long-kept", "goodbye"];

/** A sample below this is not heard: 1 % of full scale. */
const AUDIBLE_SAMPLE = 328;

/** When the last audible sample of an utterance was spoken; its words end a little elsewhere. */
function lastSoundOf(id: string, span: AudibleSpan | undefined): number {
  const { samples, sampleRate, words } = findUtterance(id);
  const beganMs = (span?.startedAtMs ?? NaN) - (words[0]?.start_s ?? 0) * 1000;
  const last = samples.findLastIndex((sample) => Math.abs(sample) > AUDIBLE_SAMPLE) + 1;
  return beganMs + (last / sampleRate) * 1000;
}

describe("one call over WebRTC", () => {
  const servers = inject("servers");
  const jaeger = connectJaeger(servers.jaeger);
  let standIns: StandIns;
  let worker: Worker;
  let caller: Caller;
  let heard: AudibleSpan[];
  let spoken: AudibleSpan[];
  let record: Conversation;
  let trace: JaegerSpan[];

  beforeAll(async () => {
    standIns = await startSpeechServices();
    worker = await startWorker({ servers, standIns });
    caller = await joinRoom({ livekit: servers.livekit, roomName: "one-call" });
    const agent = await caller.agent();
    await agent.untilSaid([GREETING]);
    spoken = [
      await ask(caller, agent, "will-driver-call"),
      await ask(caller, agent, "order-number"),
    ];
    spoken.push(await caller.say("nobody-home"));
    await agent.untilHeard(2.5);
    const interrupting = caller.say("how-long-kept");
    spoken.push(await interrupting);
    agent.mark();
    await agent.untilSaid(repliesTo("how-long-kept"));
    spoken.push(await ask(caller, agent, "goodbye"));
    heard = agent.replies();
    await caller.hangUp();

    record = await until("the end of the record", async () =>
      (await worker.conversations()).find(({ session }) => session.status === "complete"),
    );
    trace = await jaeger.traceWith(record.session.trace_id ?? "", isOver);
  });

  afterAll(async () => {
    await caller?.hangUp();
    await worker?.stop();
    await standIns?.stop();
    await dispose();
  });

  const said = [
    GREETING,
    wordsOf("will-driver-call"),
    ...repliesTo("will-driver-call"),
    wordsOf("order-number"),
    ...repliesTo("order-number"),
    wordsOf("nobody-home"),
    ...repliesTo("nobody-home"),
    wordsOf("how-long-kept"),
    ...repliesTo("how-long-kept"),
    wordsOf("goodbye"),
    ...repliesTo("goodbye"),
  ];

  it("is in one file, complete, with everything that was said in order", () => {
    expect(visible(readdirSync(worker.directory))).toEqual([
      expect.stringMatching(/^conversation_\d{8}_\d{6}\.json$/),
    ]);
    expect(transcriptOf(record)).toEqual(said);
    expect(record.session).toMatchObject({
      status: "complete",
      room: "one-call",
      close_reason: "participant_disconnected",
    });
    expect(record.integrity).toMatchObject({ dropped: 0, damaged_lines: 0 });
    expect(record.unspoken).toEqual([]);
    expect(record.events).toMatchObject([{ type: "tool_call", data: { name: "lookup_order" } }]);
  });

  it("is printed as it goes, by the process that takes the call", () => {
    const lines = worker.messages().filter((line) => /^\[(USER|AGENT)/.test(line));
    // A reply that was cut off has two lines: what was heard of it, and the rest.
    const expected = record.conversation.flatMap((message) => {
      const line = `[${message.role.toUpperCase()}] ${message.content}`;
      if (message.role === "user" || message.delivery === "full") return [line];
      const rest = message.generated?.slice(message.content.length).trim() ?? "";
      return [line, `[AGENT not heard] ${rest}`];
    });
    expect(lines.toSorted()).toEqual(expected.toSorted());
  });

  it("has each reply start when the caller hears it, within 150 ms", () => {
    const messages = agentMessages(record);
    const spans = findHeard(heard, messages);
    expect(new Set(spans.map(({ startedAtMs }) => startedAtMs)).size).toBe(messages.length);
    const delays = messages.map((message, index) => {
      const heardMs = spans[index]?.startedAtMs ?? NaN;
      return {
        laterMs: Math.round(heardMs - Date.parse(message.started_at ?? "")),
        bufferedMs: Math.round(caller.bufferedMsAt(heardMs)),
      };
    });
    console.log(
      `The caller hears each reply later than its started_at by ${delays.map(({ laterMs }) => laterMs).join(", ")} ms, ` +
        `of which ${delays.map(({ bufferedMs }) => bufferedMs).join(", ")} ms in the jitter buffer`,
    );
    // On a busy machine sound comes late and the caller's WebRTC holds it back to be even: that is
    // no fault of the record. With the machine to itself the whole is below 100 ms.
    for (const { laterMs, bufferedMs } of delays) {
      expect(laterMs).toBeGreaterThanOrEqual(0);
      expect(laterMs - bufferedMs).toBeLessThanOrEqual(150);
    }
  });

  it("has each utterance of the caller where the caller spoke it, within 250 ms", () => {
    const laterMs = record.conversation
      .filter(({ role }) => role === "user")
      .map(({ started_at }, index) =>
        Math.round(Date.parse(started_at ?? "") - (spoken[index]?.startedAtMs ?? NaN)),
      );
    console.log(`Speech is recorded later than the caller began by ${laterMs.join(", ")} ms`);
    for (const ms of laterMs) expect(Math.abs(ms)).toBeLessThanOrEqual(250);
  });

  it("has the wait for each reply as the caller had it, but for what the network adds", () => {
    const waits = record.conversation
      .filter(({ role }) => role === "user")
      .map((user, index) => {
        const messages = agentMessages(record);
        const reply = messages.find(
          ({ turn_id, latency }) => turn_id === user.turn_id && latency?.e2e_s !== undefined,
        );
        const heardMs = findHeard(heard, messages)[messages.indexOf(reply as AgentMessage)];
        const lastSoundMs = lastSoundOf(SPOKEN[index] ?? "", spoken[index]);
        const startedMs = Date.parse(reply?.started_at ?? "");
        const e2eMs = (reply?.latency?.e2e_s ?? NaN) * 1000;
        return {
          by: reply?.latency?.speech_end_by,
          callerMs: (heardMs?.startedAtMs ?? NaN) - lastSoundMs,
          e2eMs,
          upMs: startedMs - e2eMs - lastSoundMs,
          downMs: (heardMs?.startedAtMs ?? NaN) - startedMs,
          endedLaterMs: Date.parse(user.ended_at ?? "") - (startedMs - e2eMs),
        };
      });
    const list = (pick: (wait: (typeof waits)[number]) => number) =>
      waits.map((wait) => Math.round(pick(wait))).join(", ");
    console.log(
      `The caller waited ${list(({ callerMs }) => callerMs)} ms; the record has ${list(({ e2eMs }) => e2eMs)} ms. ` +
        `The way to the agent took ${list(({ upMs }) => upMs)} ms, the way back ${list(({ downMs }) => downMs)} ms, jitter buffers included`,
    );
    for (const { by, upMs, downMs, endedLaterMs } of waits) {
      expect(by).toBe("audio");
      // Sound does not arrive before it was made, and the agent's own jitter buffer holds some back.
      expect(upMs).toBeGreaterThanOrEqual(-20);
      expect(upMs).toBeLessThanOrEqual(400);
      expect(downMs).toBeGreaterThanOrEqual(0);
      // The turn ended where its only message did.
      expect(Math.abs(endedLaterMs)).toBeLessThanOrEqual(30);
    }
  });

  it("tells what the caller heard of the reply that was cut off, within one word", () => {
    const cut = agentMessages(record).filter(({ delivery }) => delivery !== "full");
    expect(cut).toHaveLength(1);
    const [message] = cut as [AgentMessage];
    const interrupting = record.conversation.find(({ id }) => id === message.interrupted_by);
    expect(message.delivery).toBe("partial");
    expect(interrupting?.content).toBe(wordsOf("how-long-kept"));
    const messages = agentMessages(record);
    const span = findHeard(heard, messages)[messages.indexOf(message)];
    // LiveKit lets a last frame through when it gives up a reply that it had paused, so the sound is
    // counted without the silence before that frame.
    const heardS =
      heard
        .filter(({ startedAtMs }) => startedAtMs >= (span?.startedAtMs ?? Infinity))
        .filter(({ endedAtMs }) => endedAtMs <= (span?.endedAtMs ?? 0))
        .reduce((sumMs, { startedAtMs, endedAtMs }) => sumMs + endedAtMs - startedAtMs, 0) / 1000;
    const { words } = speakInTones(message.generated ?? "", 24_000);
    const byEar = words.filter(({ start_s }) => start_s < heardS).length;
    const recorded = message.content.split(/\s+/).length;
    console.log(
      `Of the reply that was cut off the caller heard ${heardS.toFixed(2)} s, ${byEar} words; ` +
        `the record has ${recorded}, and ${message.ended_at ?? ""} against ${new Date(span?.endedAtMs ?? 0).toISOString()}`,
    );
    expect(Math.abs(recorded - byEar)).toBeLessThanOrEqual(1);
  });

  it("is one trace in Jaeger: one root, no span without its parent, nothing that Jaeger doubts", () => {
    const roots = trace.filter(({ parentId }) => parentId === undefined);
    expect(roots.map(({ name }) => name)).toEqual(["job_entrypoint"]);
    expect(findOrphans(trace)).toEqual([]);
    expect(new Set(trace.map(({ scope }) => scope))).toEqual(
      new Set(["livekit-agents", "talktrace"]),
    );
    // docs/adr/0005 says why Jaeger adds these, and that it changes no time.
    const doubts = trace
      .flatMap(({ warnings }) => warnings)
      .filter((warning) => !warning.startsWith("clock skew adjustment disabled"));
    expect(doubts).toEqual([]);
  });

  it("has a span for each message in Jaeger, with role, content and source, below its turn", () => {
    const nameOf = new Map(trace.map((span) => [span.spanId, span.name]));
    for (const message of record.conversation) {
      const isUser = message.role === "user";
      const span = trace.find(({ spanId }) => spanId === message.span_id);
      expect(span?.name).toMatch(isUser ? /^speech_to_text / : /^text_to_speech /);
      expect(nameOf.get(span?.parentId ?? "")).toBe(isUser ? "user_turn" : "tts_node");
      const content =
        message.role === "agent" ? (message.generated ?? message.content) : message.content;
      expect(span?.tags).toMatchObject({
        role: message.role,
        content,
        source: isUser ? "deepgram_stt" : "cartesia_tts",
        "gen_ai.conversation.id": caller.roomId,
      });
    }
    const parents = trace
      .filter(({ name }) => name === "playout")
      .map(({ parentId }) => nameOf.get(parentId ?? "") ?? "none");
    // The greeting is said where the agent enters; all else answers the caller.
    expect(parents.toSorted()).toEqual([
      ...Array<string>(agentMessages(record).length - 1).fill("agent_turn"),
      "on_enter",
    ]);
  });

  it("is found in Jaeger by its conversation and by a source, and deep links lead to it", async () => {
    const { trace_id: traceId = "" } = record.session;
    const byConversation = { "gen_ai.conversation.id": caller.roomId };
    expect(await jaeger.search("voice-agent", byConversation)).toEqual([traceId]);
    expect(
      await jaeger.search("voice-agent", { ...byConversation, source: "cartesia_tts" }),
    ).toEqual([traceId]);
    expect(await jaeger.search("voice-agent", { source: "deepgram_stt" })).toContain(traceId);
    expect(await jaeger.search("voice-agent", { role: "agent" })).toContain(traceId);
    for (const { trace_id, span_id } of record.conversation) {
      expect(await jaeger.open(`/trace/${trace_id}?uiFind=${span_id}`)).toBe(200);
    }
    if (SAMPLE === undefined) return;
    writeSampleTrace(SAMPLE, await jaeger.rawTrace(traceId), worker.directory);
  });
});
