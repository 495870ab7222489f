import { describe, expect, it, test } from "vitest";
import {
  type AgentMessage,
  type Message,
  type Session,
  type UserMessage,
  countWords,
  findBackchannels,
  findSilences,
  summarize,
  toSpeech,
  toTimestamp,
} from "../../../src/record/index.js";

const START_MS = Date.parse("2026-05-04T10:00:00Z");
const at = (seconds: number): string => toTimestamp(START_MS + seconds * 1000, 0);
const session: Session = { id: "s", status: "open", started_at: at(0), software: {} };
let count = 0;

function said(content: string, fromS: number, toS: number, rest: Partial<UserMessage> = {}) {
  count += 1;
  return {
    role: "user",
    content,
    timestamp: at(toS + 0.2),
    source: "earwig_stt",
    id: `u_${fromS}`,
    seq: count,
    turn_id: "t_1",
    started_at: at(fromS),
    ended_at: at(toS),
    audio: { duration_s: toS - fromS },
    ...rest,
  } satisfies UserMessage;
}

function spoke(content: string, fromS: number, toS: number, rest: Partial<AgentMessage> = {}) {
  count += 1;
  return {
    role: "agent",
    content,
    timestamp: at(fromS - 0.2),
    source: "mouth_piece_tts",
    id: `a_${fromS}`,
    seq: count,
    turn_id: "t_1",
    delivery: "full",
    started_at: at(fromS),
    ended_at: at(toS),
    ...rest,
  } satisfies AgentMessage;
}

const figures = (...conversation: Message[]) => summarize({ conversation, session });

describe("`summarize()` of talk time", () => {
  it("leaves out a pause in the middle of a reply", () => {
    const paused = spoke("One two three four", 1, 6, { played_s: 2 });
    expect(figures(paused)).toMatchObject({ agent_speech_s: 2, agent_words_per_minute: 120 });
  });
});

describe("`summarize()` of who cut whom", () => {
  it("measures how long the agent went on after the user had begun to speak", () => {
    const cut = spoke("It will", 1, 3.75, { delivery: "partial", interrupted_by: "u_3" });
    expect(figures(cut, said("Stop right there please", 3, 5))).toMatchObject({
      interruptions: 1,
      yield_s: { n: 1, min: 0.75, median: 0.75, max: 0.75 },
      overlap_s: 0.75,
      backchannels: 0,
      agent_interruptions: 0,
    });
  });

  it("measures no yield where the start is not known, or lies after the end", () => {
    const cut = spoke("It will", 1, 3, { delivery: "partial", interrupted_by: "u_4" });
    const { started_at: _startedAt, ...unknown } = said("Stop", 4, 5);
    expect(figures(cut, unknown)).not.toHaveProperty("yield_s");
    expect(figures(cut, said("Stop", 4, 5))).not.toHaveProperty("yield_s");
  });

  it("tells short words that let the agent go on from those that cut in, end, or last", () => {
    const long = spoke("It is on its way", 0, 10);
    const cut = spoke("And then", 20, 22.5, { delivery: "partial", interrupted_by: "u_22" });
    const messages = [
      long,
      said("Mhm", 2, 2.4),
      said("Yes but where is it", 4, 5),
      said("Well", 6, 8),
      said("Okay", 9.8, 10.3),
      cut,
      said("No", 22, 22.3),
    ];
    expect(findBackchannels(messages.map(toSpeech)).map(({ id }) => id)).toEqual(["u_2"]);
    expect(figures(...messages).backchannels).toBe(1);
  });

  it("takes an agent for cutting in that begins while the user speaks, and no other", () => {
    expect(figures(said("Where is my", 0, 4), spoke("Of course", 3, 5)).agent_interruptions).toBe(
      1,
    );
    // Its second sentence goes on where the user talks over the first.
    const sentences = [spoke("One.", 0, 3), said("But", 2.5, 5), spoke("Two.", 3.2, 6)];
    expect(figures(...sentences).agent_interruptions).toBe(0);
    // Within what the times are good for.
    expect(figures(said("Hello", 0, 4), spoke("Hi", 3.9, 5)).agent_interruptions).toBe(0);
  });
});

describe("`summarize()` of who talked", () => {
  it("shares the talk, and counts heard words a minute", () => {
    const cut = spoke("one two three", 10, 12, {
      delivery: "partial",
      generated: "one two three four five",
    });
    expect(figures(said("one two", 0, 1), spoke("one two three", 2, 5), cut)).toMatchObject({
      user_speech_s: 1,
      agent_speech_s: 5,
      agent_talk_ratio: 0.8333,
      user_words_per_minute: 120,
      agent_words_per_minute: 72,
      unheard_words: 2,
      turns: 1,
    });
  });

  it("finds silences, but none that may hold words without times", () => {
    const messages = [said("a", 0, 1), spoke("b", 2, 3), spoke("c", 6.5, 7), said("d", 10, 11)];
    expect(figures(...messages).silences).toEqual({
      longer_than_s: 2,
      n: 2,
      total_s: 6.5,
      longest_s: 3.5,
    });
    const { started_at: _startedAt, ended_at: _endedAt, ...timeless } = said("e", 4, 5);
    expect(findSilences([...messages, timeless].map(toSpeech)).map(({ after }) => after)).toEqual([
      "a_6.5",
    ]);
  });

  it("adds a monologue up over pauses and backchannels, until the other takes a turn", () => {
    const messages = [
      spoke("b", 0, 4),
      said("Mhm", 2, 2.3),
      spoke("c", 9, 12),
      said("Now let me say something", 13, 17),
    ];
    expect(figures(...messages).longest_monologue).toEqual({
      role: "agent",
      message_id: "a_0",
      duration_s: 7,
    });
  });

  it("leaves a pause in the middle of a reply out of a monologue", () => {
    const paused = spoke("One two three four", 0, 7.37, { played_s: 4.32 });
    expect(figures(paused).longest_monologue?.duration_s).toBe(4.32);
  });

  it("ends a monologue where the other said something at a time that is not known", () => {
    const { ended_at: _endedAt, ...unended } = said("where is it", 4.5, 5.8);
    const messages = [spoke("b", 0, 4), unended, spoke("c", 6.5, 8)];
    expect(figures(...messages).longest_monologue).toEqual({
      role: "agent",
      message_id: "a_0",
      duration_s: 4,
    });
  });

  it("tells no share of the talk where nobody knows how long something was", () => {
    const {
      started_at: _startedAt,
      ended_at: _endedAt,
      audio: _audio,
      ...timeless
    } = said("where is it", 4, 5);
    const messages = [said("hello", 0, 1), spoke("b", 2, 3), timeless];
    expect(figures(...messages)).toMatchObject({ user_speech_s: 1, agent_speech_s: 1 });
    expect(figures(...messages)).not.toHaveProperty("agent_talk_ratio");
    // What was typed takes no time to say.
    const typed = { ...timeless, source: "text_input" };
    expect(figures(said("hello", 0, 1), spoke("b", 2, 3), typed).agent_talk_ratio).toBe(0.5);
  });

  it("claims nothing of speech whose times are not known", () => {
    const { started_at: _startedAt, ended_at: _endedAt, ...timeless } = spoke("b", 0, 4);
    const { agent_interruptions, overlap_s, silences, longest_monologue } = figures(timeless);
    expect([agent_interruptions, overlap_s, silences, longest_monologue]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test.each([
  ["", 0],
  ["Hello, it's me!", 3],
  ["नमस्ते, आप कैसे हैं?", 4],
  ["It costs 1,000.50 rupees — e.g. for a well-known parcel", 10],
])("countWords(%j) is %i", (text, words) => {
  expect(countWords(text)).toBe(words);
});

test("countWords() tells the words of a long text without spaces by its beginning", () => {
  const sentence = "您的包裹今天下午送到。";
  const words = countWords(sentence);
  const long = countWords(sentence.repeat(20_000));
  expect(Math.abs(long / (20_000 * words) - 1)).toBeLessThan(0.01);
  expect(countWords(sentence.repeat(100))).toBe(100 * words);
});

test("countWords() finds words where no spaces are between them", () => {
  expect(countWords("お元気ですか")).toBeGreaterThan(1);
});
