import { describe, expect, it } from "vitest";
import type { AgentMessage } from "../../../src/record/index.js";
import { type ImportedConversation } from "../../../src/import/index.js";
import { importBytes, importOne, wordsOf } from "../support/import-calls.js";
import {
  type LivekitVersion,
  NODE_1_8,
  PYTHON_1_2,
  PYTHON_1_8,
  WORDS,
  makeLivekitCall,
  makeLivekitSpans,
} from "./support/made-calls.js";
import { type MadeSpan, makeRequest } from "./support/make-trace.js";

const { SAID, ASKED, PREAMBLE, ANSWER, HEARD, STOPPED } = WORDS;

function importSpans(
  version: LivekitVersion,
  spans: readonly MadeSpan[],
): Promise<ImportedConversation> {
  return importOne(JSON.stringify(makeRequest(version.resource, "livekit-agents", spans)));
}

function repliesOf({ conversation }: ImportedConversation): AgentMessage[] {
  return conversation.conversation.filter((message) => message.role === "agent");
}

describe.each([
  ["Python 1.8", PYTHON_1_8, "livekit_python"],
  ["Python 1.2, with the names of that time", PYTHON_1_2, "livekit_python"],
  ["TypeScript 1.8", NODE_1_8, "livekit_typescript"],
] as const)("a call of LiveKit's %s", (_name, version, format) => {
  it("has all words in the order of speech, and the preamble before a tool is a message of its own", async () => {
    const call = await importOne(JSON.stringify(makeLivekitCall(version)));
    expect(call.format).toBe(format);
    expect(wordsOf(call)).toEqual([
      `t_1 agent: ${SAID} (full)`,
      `t_2 user: ${ASKED}`,
      `t_2 agent: ${PREAMBLE} (full)`,
      `t_2 agent: ${HEARD} (partial)`,
      `t_3 user: ${STOPPED}`,
    ]);
  });

  it("says how much of a reply was heard by LiveKit's estimate, and who cut it off", async () => {
    const call = await importOne(JSON.stringify(makeLivekitCall(version)));
    const cut = repliesOf(call).at(-1);
    expect(cut).toMatchObject({ generated: ANSWER, heard_by: "estimate", interrupted_by: "m_5" });
    expect(cut).toMatchObject({ played_s: 2, audio: { duration_s: 4.2 } });
  });

  it("has every delay in seconds, whatever unit the SDK has", async () => {
    const [, preamble, answer] = repliesOf(
      await importOne(JSON.stringify(makeLivekitCall(version))),
    );
    expect(preamble?.latency).toEqual({
      origin: "speech_end",
      marks: {
        speech_end: 0,
        transcript_final: 0.2,
        turn_committed: 0.5,
        llm_start: 0.4,
        llm_first_token: 0.55,
        tts_start: 0.6,
        tts_first_byte: 0.8,
        playback_start: 1,
        playback_end: 2.2,
      },
      e2e_s: 1,
      speech_end_by: "vad",
      measured_by: format,
    });
    expect(answer?.latency).toMatchObject({
      origin: "tool_start",
      marks: { tool_end: 1, llm_start: 1.5 },
    });
  });

  it("has tools, handoffs, errors, and when the user went away", async () => {
    const { conversation } = await importOne(JSON.stringify(makeLivekitCall(version)));
    expect(conversation.events).toMatchObject([
      {
        type: "tool_call",
        turn_id: "t_2",
        data: { name: "look_in_oven", call_id: "call_1", output: "at ten", duration_s: 1 },
      },
      { type: "user_away" },
      { type: "agent_handoff", data: { from: "front", to: "orders" } },
      { type: "error", data: { source: "llm", message: "it failed" } },
    ]);
    expect(conversation.session).toMatchObject({
      id: "RM_1",
      status: "complete",
      close_reason: "user_initiated",
      room: "bakery",
      job: "job-1",
      agent: "front",
    });
  });

  it("is recovered if the session's span never came, and has the same words", async () => {
    const spans = makeLivekitSpans(version);
    const whole = await importSpans(version, spans);
    const cut = await importSpans(
      version,
      spans.filter(({ id }) => id !== "session"),
    );
    expect(cut.conversation.session.status).toBe("recovered");
    expect(cut.conversation.session.ended_at).toBeUndefined();
    expect(cut.missing).toContain("the end of the call");
    expect(wordsOf(cut)).toEqual(wordsOf(whole));
  });

  it("keeps the words of a reply whose span never came, and does not say that they were heard", async () => {
    const spans = makeLivekitSpans(version).filter(({ id }) => id !== "turn2" && id !== "turn2b");
    const call = await importSpans(version, spans);
    const open = repliesOf(call).filter(({ delivery }) => delivery === "pending");
    expect(open.map(({ content }) => content)).toEqual(expect.arrayContaining([PREAMBLE, ANSWER]));
  });
});

it("a preemptive reply that LiveKit discarded is among what was not spoken", async () => {
  const { conversation } = await importOne(JSON.stringify(makeLivekitCall(PYTHON_1_8)));
  expect(conversation.unspoken).toMatchObject([
    { content: "Rye?", reason: "discarded", turn_id: "t_2" },
  ]);
});

it("a call whose agent withheld all words has its times and waits, and says so", async () => {
  const spans = makeLivekitSpans(PYTHON_1_8).map((span) => ({
    ...span,
    attributes: Object.fromEntries(
      Object.entries(span.attributes ?? {}).filter(([key]) => !key.includes(".pii.")),
    ),
  }));
  const call = await importSpans(PYTHON_1_8, spans);
  expect(call.missing).toContain("all words, because no span has any");
  expect(wordsOf(call)).toEqual([
    "t_1 agent:  (full)",
    "t_2 user: ",
    "t_2 agent:  (full)",
    "t_2 agent:  (pending)",
    "t_3 user: ",
  ]);
  expect(call.conversation.metrics.e2e_s).toMatchObject({ n: 1, max: 1 });
});

it("typed text is a message of its own, and the reply to it is shown and not spoken", async () => {
  const reply = {
    "lk.speech_id": "speech_1",
    "lk.pii.user_input": "Rye?",
    "lk.interrupted": false,
    "lk.pii.response.text": "At ten.",
  };
  const call = await importSpans(PYTHON_1_8, [
    { name: "agent_turn", id: "turn", parent: "session", from: 1, to: 2, attributes: reply },
    {
      name: "llm_node",
      id: "llm",
      parent: "turn",
      from: 1.1,
      to: 1.4,
      attributes: { "lk.pii.response.text": "At ten." },
    },
    { name: "agent_session", id: "session", from: 0, to: 3 },
  ]);
  expect(call.conversation.conversation).toMatchObject([
    { role: "user", content: "Rye?", source: "text_input", turn_id: "t_1" },
    { role: "agent", content: "At ten.", source: "text_output", delivery: "full", turn_id: "t_1" },
  ]);
});

it("words of a say() come from the history of a later request, because TypeScript writes no span with them", async () => {
  const history = JSON.stringify({
    items: [
      { type: "message", role: "system", content: ["Be kind."] },
      { type: "message", role: "assistant", content: [SAID], interrupted: false },
      { type: "message", role: "user", content: [ASKED] },
    ],
  });
  const spans = makeLivekitSpans(NODE_1_8)
    .filter(({ id }) => id !== "turn1")
    .map((span) => {
      const attributes: { [key: string]: unknown } = { ...span.attributes };
      if (span.id === "ttsr1") delete attributes["lk.pii.input_text"];
      if (span.id === "llm3") attributes["lk.pii.chat_ctx"] = history;
      return { ...span, attributes };
    });
  expect(wordsOf(await importSpans(NODE_1_8, spans))[0]).toBe(`t_1 agent: ${SAID} (full)`);
});

it("a cut reply of which LiveKit forwarded all words is cut by the share of its sound", async () => {
  const spans = makeLivekitSpans(PYTHON_1_8).map((span) =>
    span.id === "turn2"
      ? { ...span, attributes: { ...span.attributes, "lk.pii.response.text": ANSWER } }
      : span,
  );
  const cut = repliesOf(await importSpans(PYTHON_1_8, spans)).at(-1);
  expect(cut).toMatchObject({
    content: HEARD,
    generated: ANSWER,
    heard_by: "duration_ratio",
    played_s: 2,
  });
});

it("two sessions of one trace are two calls", async () => {
  const spans = makeLivekitSpans(PYTHON_1_8);
  const second = spans.map((span) => ({
    ...span,
    id: `2${span.id}`,
    ...(span.parent !== undefined && { parent: `2${span.parent}` }),
    from: span.from + 60,
    to: span.to + 60,
    moments: (span.moments ?? []).map((moment) => ({ ...moment, at: moment.at + 60 })),
  }));
  const request = makeRequest(PYTHON_1_8.resource, "livekit-agents", [...spans, ...second]);
  const calls = await importBytes(JSON.stringify(request));
  expect(calls.map(({ conversation }) => conversation.conversation.length)).toEqual([5, 5]);
});
