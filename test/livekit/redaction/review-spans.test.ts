import { describe, expect, it } from "vitest";
import type { ConversationSpans } from "../../../otel/index.js";
import type { MessageUnderReview } from "../../../src/livekit/redaction/review-decisions.js";
import { reviewSpans } from "../../../src/livekit/redaction/review-spans.js";

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

  it("covers the words before a translation, also where those of the translation may stay", () => {
    const transcript = { ...HEARD, content: "hello", sourceText: "a secret", sourceLanguage: "es" };
    const written = (reviewOfSource: (content: string) => string | null) => {
      const { spans, told } = review(({ text, content }) =>
        text === "source_text" ? reviewOfSource(content) : content,
      );
      spans.transcript({ ...transcript, words: [{ text: "secret", at_s: 0, until_s: 1 }] });
      return told[0]?.[1];
    };
    expect(written((content) => content)).toMatchObject({ sourceText: "a secret", words: [{}] });
    const changed = { ...HEARD, content: "hello", sourceLanguage: "es", redacted: true };
    expect(written(() => "a ...")).toEqual({ ...changed, sourceText: "a ..." });
    expect(written(() => null)).toEqual(changed);
  });

  it("covers word times, which go where they spell another text than the one it has seen", () => {
    const words = (...texts: string[]) => texts.map((text) => ({ text, at_s: 0, until_s: 1 }));
    const { spans, told } = review(({ content }) => content);
    const content = "My card is [card], thanks.";
    spans.transcript({ ...HEARD, content, words: words("My", "card", "is", "4111") });
    spans.transcript({ ...HEARD, content, words: words("my", "card", "is") });
    expect(told.map(([, written]) => written)).toEqual([
      { ...HEARD, content, words: undefined },
      { ...HEARD, content, words: words("my", "card", "is") },
    ]);
  });

  it("covers the word times of a reply, which are written only with the playback", () => {
    const placed = [{ text: "4111", at_s: 8, until_s: 9 }];
    const play = (content: string, spelt: string, reviewed = content) => {
      const { spans, told } = review(() => reviewed);
      const audioWords = [{ text: spelt, start_s: 0, end_s: 1 }];
      spans.startSynthesis(SPOKEN, 0).end({ ...SPOKEN, content, audioWords }, 1);
      const playout = { messageId: SPOKEN.id, delivery: "full" as const, endedMs: 2 };
      spans.startPlayout(SPOKEN.id, 0).end({ ...playout, words: placed }, 2);
      return (told[1]?.[1] as { words?: unknown } | undefined)?.words;
    };
    expect(play("4111", "4111")).toEqual(placed);
    expect(play("[card]", "4111")).toBeUndefined();
    expect(play("4111", "4111", "[card]")).toBeUndefined();
  });

  it("withholds all the same where an error of its code cannot be read", () => {
    const { spans, told } = review(() => {
      throw Object.defineProperty(new Error("a secret"), "name", {
        get(): string {
          throw new Error("no name");
        },
      });
    });
    spans.transcript({ ...HEARD, content: "a secret" });
    expect(told[0]?.[1]).toMatchObject({ content: "[withheld]" });
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

  it("lets no other text pass of a message that it does not know any more", () => {
    const { spans, told } = review(({ content }) => content.replace("secret", "..."));
    for (const id of Array.from({ length: 257 }, (_, index) => `m_${index}`))
      spans.startSynthesis(SPOKEN, 0).end({ ...SPOKEN, id }, 1);
    told.length = 0;
    const playout = { delivery: "partial" as const, endedMs: 2, playedS: 1, heard: "my sec" };
    for (const messageId of ["m_0", "m_1"]) {
      spans.amend(messageId, { shown: "my secret" }, 2);
      spans.startPlayout(messageId, 0).end({ ...playout, messageId }, 2);
    }
    expect(told.filter(([name]) => name === "amend")).toEqual([
      ["amend", "m_0", { shown: "[withheld]", takenAs: undefined, discarded: undefined }, 2],
      ["amend", "m_1", { shown: "my ...", takenAs: undefined, discarded: undefined }, 2],
    ]);
    // The first words are not kept, not even to tell how much of the others was heard.
    expect(told.filter(([name]) => name === "playout")).toMatchObject([
      ["playout", { messageId: "m_0", heard: "[withheld]" }, 2],
      ["playout", { messageId: "m_1", heard: expect.not.stringContaining("sec") as string }, 2],
    ]);
  });

  it("is not asked of what comes later of a dropped message, of which nothing is written", () => {
    const asked: string[] = [];
    const { spans, told } = review(({ id, text, content }) => {
      asked.push(`${id} ${text}`);
      return id === "m_0" ? null : content;
    });
    spans.transcript({ ...HEARD, id: "m_0", content: "my secret" });
    const later = () => {
      spans.amend("m_0", { discarded: "held_back" }, 1);
      spans.amend("m_0", { shown: "my secret", takenAs: "secret" }, 1);
    };
    later();
    expect(asked).toEqual(["m_0 content"]);
    expect(told).toEqual([]);
    // Nor of one that was dropped long ago.
    for (let index = 1; index <= 256; index += 1)
      spans.transcript({ ...HEARD, id: `m_${index}`, content: "hello" });
    told.length = 0;
    later();
    expect(told).toEqual([]);
  });

  it("names no dropped message as the one that was cut off", () => {
    const { spans, told } = review(({ role, content }) => (role === "agent" ? null : content));
    spans.startSynthesis(SPOKEN, 0).end(SPOKEN, 1);
    spans.transcript({ ...HEARD, content: "stop", interrupts: "m_2" });
    spans.transcript({ ...HEARD, id: "m_3", content: "wait", interrupts: "m_4" });
    expect(told).toEqual([
      ["synthesis dropped", 1],
      ["transcript", { ...HEARD, content: "stop", interrupts: undefined }, undefined],
      ["transcript", { ...HEARD, id: "m_3", content: "wait", interrupts: "m_4" }, undefined],
    ]);
  });

  it("is asked of nobody where there is none", () => {
    const { spans } = noteSpans();
    const none = { message: undefined, event: undefined, report: () => undefined };
    expect(reviewSpans(spans, none)).toBe(spans);
  });
});
