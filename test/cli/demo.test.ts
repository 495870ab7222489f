import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GREETING } from "../../src/agent/assistant.js";
import { DEFAULT_VOICE } from "../../src/agent/settings.js";
import { tellParcelStory } from "../../src/demo/script.js";
import type { Conversation } from "../../src/record/index.js";
import { type Ended, startCli } from "../support/demo-process.js";
import { type OtlpReceiver, startOtlpReceiver } from "../support/otlp-receiver.js";

/** Faster than people speak, and slow enough for a machine that has other work. */
const RATE = "4";
/** Between two looks at the file: a reader without a pause would take the demo's own time. */
const PAUSE_MS = 5;

/** What a reader sees that parses the file again and again while the demo writes it. */
interface Readings {
  parsed: number;
  broken: string[];
  /** The states in which each agent message was seen, in order. */
  deliveries: Map<string, string[]>;
}

let directory: string;
let receiver: OtlpReceiver;
let ended: Ended;
let readings: Readings;
let record: Conversation;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "talktrace-demo-"));
  receiver = await startOtlpReceiver();
  const demo = startCli(
    ["demo", "--rate", RATE, "--directory", directory, "--jaeger", receiver.url],
    {
      OTEL_TRACES_EXPORTER: "otlp",
    },
  );
  const reading = readAgainAndAgain(directory, demo.ended);
  ended = await demo.ended;
  readings = await reading;
  record = JSON.parse(readFileSync(findRecord(directory) ?? "", "utf8")) as Conversation;
}, 120_000);

afterAll(async () => {
  await receiver.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe("talktrace demo", () => {
  it("ends well, and leaves the record and nothing else", () => {
    expect(ended).toMatchObject({ code: 0 });
    expect(readdirSync(directory)).toEqual([
      expect.stringMatching(/^conversation_\d{8}_\d{6}\.json$/),
    ]);
    expect(record.session).toMatchObject({
      status: "complete",
      close_reason: "user_initiated",
      demo: true,
    });
    expect(record.integrity).toMatchObject({ dropped: 0, damaged_lines: 0 });
  });

  it("records every scripted utterance in order, the four original keys first", () => {
    const said = record.conversation
      .filter(({ role }) => role === "user")
      .map(({ content }) => content);
    expect(said).toEqual(tellParcelStory().map(({ utterance }) => utterance.text));
    for (const message of record.conversation) {
      expect(Object.keys(message).slice(0, 4)).toEqual(["role", "content", "timestamp", "source"]);
    }
    const spoken = record.conversation.flatMap((message) =>
      message.role === "agent" ? [message] : [],
    );
    for (const { voice, model, provider_request_id, words, audio } of spoken) {
      expect({ voice, model }).toEqual({ voice: DEFAULT_VOICE, model: "sonic-3" });
      expect(provider_request_id).toBeTruthy();
      expect(words?.length).toBeGreaterThan(0);
      expect(audio?.duration_s).toBeGreaterThan(0);
    }
    expect(new Set(record.conversation.map(({ source }) => source))).toEqual(
      new Set(["deepgram_stt", "cartesia_tts"]),
    );
    const languages = record.conversation.flatMap(({ role, language }) =>
      role === "user" ? [language] : [],
    );
    expect(languages).toContain("en");
    expect(languages).toContain("hi");
  });

  it("records every reply of the agent, with what was heard of the one that was cut off", () => {
    const replies = record.conversation.flatMap((message) =>
      message.role === "agent" ? [message] : [],
    );
    const whole = replies.map((message) => message.generated ?? message.content);
    // What the tool finds is filled in where the script has braces.
    const scripted = tellParcelStory()
      .flatMap(({ reply }) => [reply.say, reply.sayAfterTool])
      .filter((text) => text !== undefined && !text.includes("{"));
    expect(whole[0]).toBe(GREETING);
    expect(whole).toEqual(expect.arrayContaining(scripted));
    const cut = replies.filter(({ delivery }) => delivery !== "full");
    expect(cut).toHaveLength(1);
    expect(cut[0]).toMatchObject({ delivery: "partial", heard_by: "word_times" });
    expect(cut[0]?.generated?.startsWith(cut[0].content)).toBe(true);
    const cutter = record.conversation.find(({ id }) => id === cut[0]?.interrupted_by);
    expect(cutter?.content).toBe(
      tellParcelStory().find(({ interruptAfter_s }) => interruptAfter_s)?.utterance.text,
    );
  });

  it("records the tool call, with its arguments and its output", () => {
    expect(record.events).toMatchObject([
      { type: "tool_call", data: { name: "lookup_order", is_error: false } },
    ]);
    expect(record.events[0]?.data["arguments"]).toContain("4271");
  });

  it("prints each message once, of a reply what was heard and in a second line what was not", () => {
    const lines = ended.stdout.split("\n").filter((line) => /^\[(USER|AGENT)/.test(line));
    const recorded = record.conversation.flatMap((message) => {
      const line = `[${message.role.toUpperCase()}] ${message.content}`;
      if (message.role === "user" || message.generated === undefined) return [line];
      expect(message.generated.startsWith(message.content)).toBe(true);
      const unheard = message.generated.slice(message.content.length).trim();
      return [...(message.content === "" ? [] : [line]), `[AGENT not heard] ${unheard}`];
    });
    // A line is printed when a reply was heard, and the record is in the order of beginnings.
    expect(lines.toSorted()).toEqual(recorded.toSorted());
  });

  it("keeps the file valid at every instant, and shows a message before it was heard", () => {
    console.log(
      `parsed ${readings.parsed} times while it was written, ${readings.broken.length} broken`,
    );
    expect(readings.broken).toEqual([]);
    expect(readings.parsed).toBeGreaterThan(100);
    const spoken = record.conversation.flatMap((message) =>
      message.role === "agent" ? [message] : [],
    );
    for (const { id, delivery } of spoken) {
      expect(readings.deliveries.get(id)).toEqual(["pending", delivery]);
    }
  });

  it("sends one trace that holds LiveKit's spans and each message's own", () => {
    expect(receiver.refusals).toEqual([]);
    const byId = new Map(receiver.spans.map((span) => [span.spanId, span]));
    for (const message of record.conversation) {
      const span = byId.get(message.span_id ?? "");
      expect(span).toMatchObject({
        traceId: message.trace_id,
        attributes: {
          role: message.role,
          source: message.source,
          "talktrace.message.id": message.id,
        },
      });
    }
    expect(new Set(receiver.spans.map(({ traceId }) => traceId))).toEqual(
      new Set([record.session.trace_id]),
    );
    expect(receiver.spans.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(1);
    expect(
      receiver.spans.filter(
        ({ parentSpanId }) => parentSpanId !== undefined && !byId.has(parentSpanId),
      ),
    ).toEqual([]);
    const scopes = new Set(receiver.spans.map(({ scope }) => scope));
    expect(scopes).toEqual(new Set(["talktrace", "livekit-agents"]));
  });

  it("hangs each message below the turn that it belongs to", () => {
    const byId = new Map(receiver.spans.map((span) => [span.spanId, span]));
    const parentOf = (name: string) =>
      new Set(
        receiver.spans
          .filter((span) => span.name.startsWith(name))
          .map((span) => byId.get(span.parentSpanId ?? "")?.name),
      );
    expect(parentOf("speech_to_text")).toEqual(new Set(["user_turn"]));
    expect(parentOf("text_to_speech")).toEqual(new Set(["tts_node"]));
    expect(parentOf("playout")).toEqual(new Set(["agent_turn", "on_enter"]));
  });

  it("says where the record and the trace are", () => {
    expect(ended.stdout).toContain(findRecord(directory));
    expect(ended.stdout).toContain(`/trace/${record.session.trace_id}`);
  });
});

async function readAgainAndAgain(folder: string, until: Promise<unknown>): Promise<Readings> {
  const soFar: Readings = { parsed: 0, broken: [], deliveries: new Map() };
  let isOver = false;
  void until.then(() => (isOver = true));
  while (!isOver) {
    const path = findRecord(folder);
    if (path !== undefined) note(readFileSync(path, "utf8"), soFar);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return soFar;
}

function note(text: string, soFar: Readings): void {
  let conversation: Conversation;
  try {
    conversation = JSON.parse(text) as Conversation;
  } catch {
    soFar.broken.push(text);
    return;
  }
  soFar.parsed += 1;
  for (const message of conversation.conversation) {
    if (message.role !== "agent") continue;
    const seen = soFar.deliveries.get(message.id) ?? [];
    if (seen.at(-1) !== message.delivery)
      soFar.deliveries.set(message.id, [...seen, message.delivery]);
  }
}

function findRecord(folder: string): string | undefined {
  const name = readdirSync(folder).find((each) => each.endsWith(".json"));
  return name === undefined ? undefined : join(folder, name);
}
