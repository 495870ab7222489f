import { describe, expect, it } from "vitest";
import type { ConversationSpans } from "../../otel/index.js";
import { type MessageUnderReview, reviewSpans } from "../../src/livekit/review.js";

/** Spans that only note what they were told. */
function noteSpans(): { spans: ConversationSpans; told: unknown[][] } {
  const told: unknown[][] = [];
  const note =
    (name: string) =>
    (...args: unknown[]) =>
      void told.push([name, ...args]);
  const open = (name: string) => () => ({ end: note(name), drop: note(`${name} dropped`) });
  const spans = {
    traceId: "",
    transcript: note("transcript"),
    text: note("text"),
    amend: note("amend"),
    unspoken: note("unspoken"),
    event: note("event"),
    startSynthesis: open("synthesis"),
    startPlayout: open("playout"),
  };
  return { spans: spans as unknown as ConversationSpans, told };
}

const HEARD = { id: "m_1", turnId: "t_1", source: "x_stt", timestampMs: 0 };
const SPOKEN = { ...HEARD, id: "m_2", source: "x_tts", durationS: 1, content: "my secret" };

function review(message: (message: MessageUnderReview) => string | null) {
  const { spans, told } = noteSpans();
  return {
    told,
    spans: reviewSpans(spans, { message, event: undefined, report: () => undefined }),
  };
}

describe("the review of a message", () => {
  it("covers the text that was shown, and the one that the agent went on with", () => {
    const asked: string[] = [];
    const { spans, told } = review(({ text, content }) => {
      asked.push(`${text}: ${content}`);
      return text === "taken_as" ? null : content.replace("secret", "...");
    });
    spans.transcript({ ...HEARD, content: "a secret" });
    spans.amend("m_1", { shown: "A secret!", takenAs: "secret" }, 1);
    spans.amend("m_1", { takenAs: "secret" }, 2);
    expect(asked).toEqual([
      "content: a secret",
      "taken_as: secret",
      "shown: A secret!",
      "taken_as: secret",
    ]);
    expect(told).toEqual([
      ["transcript", { ...HEARD, content: "a ...", redacted: true }, undefined],
      ["amend", "m_1", { shown: "A ...!", takenAs: undefined, discarded: undefined }, 1],
    ]);
  });

  it("withholds what a provider says of its failure, also of words that may stay", () => {
    for (const reviewed of ["...", SPOKEN.content]) {
      const { spans, told } = review(() => reviewed);
      const unspoken = { reason: "failed" as const, error: 'Cannot speak "MY SECRET"' };
      spans.startSynthesis(SPOKEN, 0).end({ ...SPOKEN, unspoken }, 1);
      expect(told).toEqual([
        [
          "synthesis",
          expect.objectContaining({
            content: reviewed,
            unspoken: { reason: "failed", error: "[withheld]" },
          }),
          1,
        ],
      ]);
    }
  });

  it("withholds what providers say in events, as long as nobody reviews those", () => {
    const { spans, told } = review(({ content }) => content);
    const event = { atMs: 1, turnId: "t_1" };
    spans.event({ ...event, type: "error", data: { kind: "tts_error", message: "my secret" } });
    spans.event({ ...event, type: "service_switch", data: { to: "b_tts", error: "my secret" } });
    spans.event({ ...event, type: "service_switch", data: { to: "b_tts" } });
    spans.event({ ...event, type: "order_found", data: { message: "42" } });
    expect(told.map(([, written]) => written)).toEqual([
      expect.objectContaining({
        data: { kind: "tts_error", message: "[withheld]" },
        redacted: true,
      }),
      expect.objectContaining({ data: { to: "b_tts", error: "[withheld]" }, redacted: true }),
      { ...event, type: "service_switch", data: { to: "b_tts" } },
      { ...event, type: "order_found", data: { message: "42" } },
    ]);
  });

  it("leaves no trace of a dropped message in what is told of others", () => {
    const { spans, told } = review(({ role, content }) => (role === "user" ? null : content));
    spans.transcript({ ...HEARD, content: "stop" });
    spans.startSynthesis(SPOKEN, 0).end(SPOKEN, 1);
    const playout = { messageId: "m_2", delivery: "partial" as const, endedMs: 2, playedS: 1 };
    spans.startPlayout("m_2", 0).end({ ...playout, interruptedBy: "m_1", heard: "my" }, 2);
    expect(told.map(([name]) => name)).toEqual(["synthesis", "playout"]);
    expect(told[1]?.[1]).toEqual({ ...playout, heard: "my" });
  });

  it("is asked of nobody where there is none", () => {
    const { spans } = noteSpans();
    const none = { message: undefined, event: undefined, report: () => undefined };
    expect(reviewSpans(spans, none)).toBe(spans);
  });
});
