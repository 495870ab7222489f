import { type APIConnectOptions, llm, tts, voice } from "@livekit/agents";
import { expect } from "vitest";
import { z } from "zod";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { EVENT_TYPES, type JsonValue } from "../../src/record/index.js";
import { EstimatingLoudspeaker } from "../livekit/support/estimating-loudspeaker.js";
import { ScriptedSpeechToText, ScriptedTextToSpeech } from "../livekit/support/fake-models.js";
import { holdCall } from "./support/hold-call.js";
import type { ReadBack } from "./support/read-back.js";
import { useRecorder } from "./support/recorder.js";
import { row } from "./support/row.js";

const { FakeLLM } = voice.testing;
const recorder = useRecorder();

const CARD = "4111 1111 1111 1111";
const maskCards = (text: string) => text.replace(/\d{4}( \d{4}){3}/g, "[card]");

function withVoice(answers: { [input: string]: string } = {}) {
  const stt = new ScriptedSpeechToText();
  const replies = Object.entries(answers).map(([input, content]) => ({ input, content }));
  return { stt, session: { stt, tts: new ScriptedTextToSpeech(), llm: new FakeLLM(replies) } };
}

/** Part of the card's number, and no part of an id, a time or a length. */
const CARD_PART = /(?<![\w.])4111(?!\w)/;

/** All that TalkTrace has written of a call: every file in its folder, and every span. */
function everythingWritten({ spans }: ReadBack, directory: string): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "utf8"));
  return [...files, JSON.stringify(spans)].join("\n");
}

/** A TTS whose errors repeat what it was to speak. */
class EchoingTextToSpeech extends ScriptedTextToSpeech {
  override stream(options?: { connOptions?: APIConnectOptions }): tts.SynthesizeStream {
    return new EchoingStream(this, options?.connOptions);
  }
}

class EchoingStream extends tts.SynthesizeStream {
  label = "mouthpiece.EchoingStream";

  protected override async run(): Promise<void> {
    let text = "";
    for await (const piece of this.input) {
      if (typeof piece === "string") text += piece;
    }
    throw new Error(`422 {"input":${JSON.stringify(text)}}`);
  }
}

row(
  {
    id: "own/attributes",
    agent: "calls `observe(session, { attributes })`, and `setAttributes()` later",
    record:
      "`session.attributes`, and `talktrace.attribute.<name>` on the spans, to be searched for",
  },
  async () => {
    const call = await holdCall(recorder, {
      ...withVoice(),
      observe: { attributes: { tenant: "north", plan: { seats: 3 } } },
    });
    call.observation.setAttributes({ order: 4271, plan: { seats: 4 } });
    await call.session.say("Hello.").waitForPlayout();
    const { record, spans } = await call.finish();
    expect(record.session.attributes).toEqual({ tenant: "north", plan: { seats: 4 }, order: 4271 });
    expect(spans.find(({ name }) => name === "conversation")?.attributes).toMatchObject({
      "talktrace.attribute.tenant": "north",
    });
    expect(spans.find(({ name }) => name === "session_amended")?.attributes).toMatchObject({
      "talktrace.attribute.order": 4271,
    });
  },
);

row(
  {
    id: "own/annotate",
    agent: "calls `observation.annotate(type, data)`",
    record: "an event with a span of that name, in the turn in which it happens",
  },
  async () => {
    const { stt, session } = withVoice({ hello: "Hi." });
    const call = await holdCall(recorder, { session });
    await stt.untilListening();
    await call.answerTo(() => stt.say("hello"));
    call.observation.annotate("order_found", { order: 4271, parcels: ["a", "b"], late: null });
    call.observation.annotate("escalated");
    const { record, events, spans } = await call.finish();
    expect(events).toEqual([
      ["order_found", { order: 4271, parcels: ["a", "b"], late: null }],
      ["escalated", {}],
    ]);
    expect(record.events.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1"]);
    const span = spans.find(({ name }) => name === "order_found");
    expect(span?.spanId).toBe(record.events[0]?.span_id);
  },
);

row(
  {
    id: "own/annotate-refused",
    agent: "annotates with data that is no JSON, too big, or under a name of TalkTrace's own",
    record: "nothing of it; each reason is reported in a line, and nothing throws",
  },
  async () => {
    const call = await holdCall(recorder, withVoice());
    const circle: { [key: string]: JsonValue } = {};
    circle["self"] = circle;
    const annotate = call.observation.annotate as (type: unknown, data?: unknown) => void;
    annotate("when", { at: new Date(0) });
    annotate("circle", circle);
    annotate("number", { ratio: NaN });
    annotate("function", { run: () => 1 });
    annotate("list", [1, 2]);
    annotate("thrower", {
      get value() {
        throw new Error("not today");
      },
    });
    annotate("big", { text: "x".repeat(17_000) });
    annotate("tool_call", {});
    annotate("", {});
    annotate(7);
    call.observation.setAttributes({ big: "x".repeat(17_000), kept: "beside it" });
    const problems = [...call.problems];
    for (const type of EVENT_TYPES) annotate(type, {});
    expect(call.problems.slice(problems.length)).toHaveLength(EVENT_TYPES.length - 1);
    const { events, record } = await call.finish();
    annotate("late");
    expect(events).toEqual([]);
    expect(record.session.attributes).toEqual({ kept: "beside it" });
    expect(problems).toEqual([
      'Cannot annotate "when": "data.at" is a Date, which JSON cannot carry; it is left out',
      'Cannot annotate "circle": "data.self.self.self.self.self.self.self.self.self.self.self.self.self.self.self.self" lies deeper than 16 levels; it is left out',
      'Cannot annotate "number": "data.ratio" is NaN, which JSON cannot carry; it is left out',
      'Cannot annotate "function": "data.run" is a function, which JSON cannot carry; it is left out',
      'Cannot annotate "list": a list is no object of JSON values; it is left out',
      'Cannot annotate "thrower": not today; it is left out',
      'Cannot annotate "big": it has 17011 bytes as JSON, the limit is 16384; it is left out',
      'Cannot annotate "tool_call": the name is TalkTrace\'s own; choose another one; it is left out',
      'Cannot annotate "": a name has 1 to 64 characters, got 0; it is left out',
      'Cannot annotate "number": a name has 1 to 64 characters, got a number; it is left out',
      'Cannot set the attribute "big": it has 17010 bytes as JSON, the limit is 16384; it is left out',
    ]);
    expect(call.problems.at(-1)).toBe(
      'Cannot annotate "late": the session is not running; call it between its start and its close; it is left out',
    );
  },
);

row(
  {
    id: "own/review-heard",
    agent: "changes a reply in `reviewMessage` that is cut off",
    record:
      "what was heard as `content`, in the words of the review; half a number that was heard is not written",
    runsAlone: true,
  },
  async () => {
    const { session } = withVoice();
    const call = await holdCall(recorder, {
      session,
      rate: 1,
      observe: { reviewMessage: ({ content }) => maskCards(content) },
    });
    call.session.say(`Your card is ${CARD} and it ends in June.`);
    // "Your card is 4111 1111": half of the number.
    await call.loudspeaker.waitUntilHeard(0, 1.12);
    await call.session.interrupt({ force: true }).await;
    const back = await call.finish();
    expect(back.said).toEqual([["agent", "Your card is [card]", "mouth_piece_tts", "partial"]]);
    expect(back.record.conversation[0]).toMatchObject({
      generated: "Your card is [card] and it ends in June.",
      heard_by: "word_times",
    });
    expect(
      CARD_PART.exec(everythingWritten(back, path.dirname(call.observation.path ?? "")))?.[0],
    ).toBeUndefined();
  },
);

row(
  {
    id: "own/review-heard-elsewhere",
    agent:
      "has a `reviewMessage`, and a `ttsNode` that speaks other words than are shown, without word times",
    record:
      "the share that was played of what went to synthesis and was reviewed, and nothing of what was shown",
    runsAlone: true,
  },
  async () => {
    class SpellingAgent extends voice.Agent {
      override async ttsNode(...[text, settings]: Parameters<voice.Agent["ttsNode"]>) {
        async function* spell() {
          for await (const piece of text) yield piece.replace(/4111/g, "four one one one");
        }
        return voice.Agent.default.ttsNode(this, spell(), settings);
      }
    }
    const loudspeaker = new EstimatingLoudspeaker({ rate: 1 });
    const call = await holdCall(recorder, {
      agent: new SpellingAgent({ instructions: "Answer." }),
      loudspeaker,
      session: { tts: new ScriptedTextToSpeech({ withWordTimes: false }) },
      observe: { reviewMessage: ({ content }) => content.replace(/\d{4}/g, "[card]") },
    });
    loudspeaker.estimate = "Your card is 4111 4111";
    call.session.say("Your card is 4111 4111 and it ends in June.");
    await call.loudspeaker.waitUntilHeard(0, 1);
    await call.session.interrupt({ force: true }).await;
    const back = await call.finish();
    const [message] = back.record.conversation;
    const generated = "Your card is four one one one four one one one and it ends in June.";
    expect(message).toMatchObject({ generated, heard_by: "duration_ratio" });
    expect(generated.startsWith(`${message?.content} `)).toBe(true);
    expect(
      CARD_PART.exec(everythingWritten(back, path.dirname(call.observation.path ?? "")))?.[0],
    ).toBeUndefined();
  },
);

row(
  {
    id: "own/review-drops",
    agent: "gives `null` in `reviewMessage`",
    record: "nothing of that message, and all of the others",
  },
  async () => {
    const { stt, session } = withVoice({ secret: "A secret.", hello: "Hi." });
    const call = await holdCall(recorder, {
      session,
      observe: { reviewMessage: ({ content }) => (/secret/i.test(content) ? null : content) },
    });
    await stt.untilListening();
    for (const text of ["secret", "hello"]) {
      await call.answerTo(() => stt.say(text));
    }
    const back = await call.finish();
    expect(back.said).toEqual([
      ["user", "hello", "earwig_stt"],
      ["agent", "Hi.", "mouth_piece_tts", "full"],
    ]);
    expect(back.unspoken).toEqual([]);
    expect(
      /secret/i.exec(everythingWritten(back, path.dirname(call.observation.path ?? "")))?.[0],
    ).toBeUndefined();
  },
);

row(
  {
    id: "own/review-fails",
    agent: "throws in `reviewMessage`, or gives a promise or no text",
    record: "the message with `[withheld]` for its words",
  },
  async () => {
    const { stt, session } = withVoice({ throw: "One.", promise: "Two.", nothing: "Three." });
    const reviews: { [content: string]: () => unknown } = {
      // Its error has the words in its message.
      throw: (): unknown => JSON.parse("throw"),
      promise: () => Promise.reject(new Error("too late")),
      nothing: () => undefined,
    };
    const call = await holdCall(recorder, {
      session,
      observe: {
        reviewMessage: ({ content }) => (reviews[content] ?? (() => content))() as string,
      },
    });
    await stt.untilListening();
    for (const text of Object.keys(reviews)) {
      await call.answerTo(() => stt.say(text));
    }
    const { said, record } = await call.finish();
    expect(said.map(([, content]) => content)).toEqual([
      "[withheld]",
      "One.",
      "[withheld]",
      "Two.",
      "[withheld]",
      "Three.",
    ]);
    expect(record.conversation.map(({ redacted }) => redacted === true)).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    expect(call.problems).toEqual([
      'Failed while it ran reviewMessage: it threw "SyntaxError". Such messages are written as "[withheld]"',
    ]);
  },
);

row(
  {
    id: "own/review-errors",
    agent: "has a `reviewMessage` and no `reviewEvent`, and a service fails and repeats its input",
    record:
      "the `error` with its kind and label, and `[withheld]` for its message, as for the `error` of what was not spoken and of a `service_switch`",
  },
  async () => {
    const call = await holdCall(recorder, {
      session: { tts: new EchoingTextToSpeech(), connOptions: { ttsConnOptions: { maxRetry: 0 } } },
      observe: { reviewMessage: ({ content }) => content.replace(/\d{4}/g, "[pin]") },
    });
    const failed = call.next("error");
    call.session.say("Your PIN is 4711.");
    await failed;
    const back = await call.finish();
    expect(back.events).toEqual([
      [
        "error",
        expect.objectContaining({
          kind: "tts_error",
          label: expect.any(String),
          message: "[withheld]",
          recoverable: false,
        }),
      ],
    ]);
    expect(back.record.unspoken).toEqual([
      expect.objectContaining({ content: "Your PIN is [pin].", error: "[withheld]" }),
    ]);
    const written = everythingWritten(back, path.dirname(call.observation.path ?? ""));
    expect(
      /(?<![\w.])4711(?!\w)/.exec([written, ...call.problems].join("\n"))?.[0],
    ).toBeUndefined();
  },
);

row(
  {
    id: "own/review-events",
    agent: "changes, drops or fails in `reviewEvent`",
    record: "tool calls and events of your own as it gives them, without their data where it fails",
  },
  async () => {
    const lookUp = llm.tool({
      name: "look_up",
      description: "Finds a card",
      parameters: z.object({ card: z.string() }),
      execute: async () => "It is valid.",
    });
    const stt = new ScriptedSpeechToText();
    const answers = new FakeLLM([
      {
        input: "check it",
        toolCalls: [{ name: "look_up", args: { card: CARD } }],
      },
      { input: '"It is valid."', content: "All well." },
    ]);
    const call = await holdCall(recorder, {
      session: { stt, tts: new ScriptedTextToSpeech(), llm: answers },
      agent: new voice.Agent({ instructions: "Answer.", tools: [lookUp] }),
      observe: {
        reviewEvent({ type, data }) {
          if (type === "broken") throw new Error("no rule");
          if (type === "private") return null;
          return type === "tool_call" ? { ...data, arguments: "[withheld]" } : data;
        },
      },
    });
    await stt.untilListening();
    await call.answerTo(() => stt.say("check it"));
    call.observation.annotate("private", { card: CARD });
    call.observation.annotate("broken", { card: CARD });
    call.observation.annotate("kept", { a: 1 });
    const back = await call.finish();
    expect(back.events).toEqual([
      ["tool_call", expect.objectContaining({ name: "look_up", arguments: "[withheld]" })],
      ["broken", {}],
      ["kept", { a: 1 }],
    ]);
    expect(back.record.events.map(({ redacted }) => redacted === true)).toEqual([
      true,
      true,
      false,
    ]);
    expect(
      CARD_PART.exec(everythingWritten(back, path.dirname(call.observation.path ?? "")))?.[0],
    ).toBeUndefined();
    expect(call.problems).toEqual([
      'Failed while it ran reviewEvent: it threw "Error". Such events are written without their data',
    ]);
  },
);
