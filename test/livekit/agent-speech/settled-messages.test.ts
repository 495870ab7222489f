import { initializeLogger, type tts, voice as livekitVoice } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConversationSpans } from "../../../otel/index.js";
import {
  type AgentSpeech,
  followAgentSpeech,
} from "../../../src/livekit/agent-speech/agent-speech.js";
import { type PlayoutSegment, newSegment } from "../../../src/livekit/audio/playout-segment.js";
import { createObservedConversation } from "../../../src/livekit/conversation/observed-conversation.js";
import { createGuard } from "../../../src/livekit/instrumentation/guard.js";
import { SYNTHESIS_KEY } from "../../../src/livekit/instrumentation/tts.js";
import { createClock } from "../../../src/livekit/livekit-facts/clock.js";
import { reviewSpans } from "../../../src/livekit/redaction/review-spans.js";
import { findTextWords } from "../../../src/livekit/text/text-words.js";
import {
  type AgentMessage,
  WORD_TOLERANCE_S,
  findDeliveryFault,
  findLastWordEnd,
  readTimestamp,
  segmentGraphemes,
  withoutMarkup,
} from "../../../src/record/index.js";
import { createInMemoryRecord } from "../support/in-memory-record.js";
import {
  type Said,
  type Spoken,
  type Voice,
  TAGS,
  sentence,
  speak,
  voice,
} from "../support/spoken-sentences.js";
import { countOf } from "../../support/counts.js";

initializeLogger({ pretty: false, level: "silent" });

/** What the agent's own `reviewMessage` makes of a text. */
const REVIEWS = {
  none: undefined,
  identity: (text: string) => text,
  digits: (text: string) => text.replaceAll(/\d+/g, "[number]"),
  "several changes": (text: string) =>
    text.replaceAll(
      /(?<=^|\s)(?:Your|parcel|आपका|сегодня|great|thanks|您的|明天)(?=\s|$)/gu,
      "[x y]",
    ),
  "first words left out": (text: string) => text.replace(/^\S+\s+\S+\s*/u, "") || text,
  withheld: () => "[withheld]",
  broken: (): string => {
    throw new Error("the review broke");
  },
};

/** How the text of a reply comes to its message. */
type Path = "tts" | "failed" | "realtime" | "say, chat only" | "reply, chat only";

interface Script {
  line: { text: string; said: Said[] };
  speaker: Voice;
  tags: [place: number, tag: string][];
  path: Path;
  review: keyof typeof REVIEWS;
  /** What LiveKit's synchronizer takes for heard. It gives an estimate in a room only. */
  estimate: "none" | "right" | "empty" | "whole";
  /** How much longer an agent's own `ttsNode` makes the sound. */
  stretch: number;
  /** Of a failure: after which share of the sound. */
  breaksAt: number;
}

const script: fc.Arbitrary<Script> = fc.record({
  line: sentence,
  speaker: voice,
  tags: fc.array(fc.tuple(fc.nat(), fc.constantFrom(...TAGS)), { maxLength: 4 }),
  path: fc.constantFrom<Path>("tts", "failed", "realtime", "say, chat only", "reply, chat only"),
  review: fc.constantFrom(...(Object.keys(REVIEWS) as (keyof typeof REVIEWS)[])),
  estimate: fc.constantFrom("none", "right", "empty", "whole"),
  stretch: fc.oneof(fc.constant(1), fc.constantFrom(0.7, 1.5)),
  breaksAt: fc.double({ min: 0.05, max: 1, noNaN: true }),
});

/** `undefined`: nobody cuts it off. */
const cut = fc.option(
  // Most doubles of fast-check are next to 0 or to 1. Reals in the middle come from whole numbers.
  fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(1000).map((thousandths) => thousandths / 1000),
  ),
  { nil: undefined },
);

/** The start of the session in the in-memory record. */
const SESSION_START_MS = 0;

const RATE = 8000;
const FRAME_S = 0.1;
const DESK = () => ({ source: "desk_tts" });

function bare(text: string): string {
  return text.replaceAll(/\s/g, "");
}

function frameOf(seconds: number): AudioFrame {
  const samples = Math.max(1, Math.round(seconds * RATE));
  return new AudioFrame(new Int16Array(samples), RATE, 1, samples);
}

function* framesOf(seconds: number): Generator<AudioFrame> {
  for (let leftS = seconds; leftS > 0.0005; leftS -= FRAME_S)
    yield frameOf(Math.min(FRAME_S, leftS));
}

/** The text with its tags, at borders of words. */
function markUp({ text, said }: Script["line"], tags: Script["tags"]): string {
  let marked = text;
  const places = tags.map(([place, tag]) => ({ at: said[place % said.length]?.start ?? 0, tag }));
  for (const { at, tag } of places.toSorted((a, b) => b.at - a.at))
    marked = `${marked.slice(0, at)}${tag}${marked[at - 1] === " " ? " " : ""}${marked.slice(at)}`;
  return marked;
}

/** The output is silent for a while, after so many seconds of sound. */
interface Pause {
  atS: number;
  lengthS: number;
}

interface Settled {
  message: AgentMessage | undefined;
  implausible: unknown[];
  problems: string[];
  /** How much of the synthesis was played, in seconds of its own time. */
  heardS: number;
  spoken: Spoken;
  /** How much longer the sound became than its synthesis. */
  stretch: number;
}

/** Speaks a script through the tracker of agent speech, as LiveKit would, and reads the record. */
function settle(given: Script, cutAt: number | undefined, pause?: Pause): Settled {
  const { line, path, review, stretch } = given;
  const record = createInMemoryRecord();
  const problems: string[] = [];
  const guard = createGuard((text) => void problems.push(text));
  const clock = createClock();
  const reviewText = REVIEWS[review];
  const spans: ConversationSpans = reviewSpans(record.spans, {
    message: reviewText && (({ content }) => reviewText(content)),
    event: undefined,
    report: () => undefined,
  });
  const conversation = createObservedConversation({
    spans,
    clock,
    startedMs: SESSION_START_MS,
    guard,
    currentAgent: () => "desk",
    whoEndsTurns: () => "vad",
  });
  const speech = followAgentSpeech(conversation, {
    voice: undefined,
    fallbackSource: () => "audio_output",
    isSpoken: () => true,
    isSessionClosing: () => false,
  });
  const spoken = speak(line, given.speaker);
  const isFailed = path === "failed";
  const madeS = isFailed ? spoken.audioS * given.breaksAt : spoken.audioS;
  const segment = newSegment();
  const marked = markUp(line, given.tags);
  const stretched = path === "tts" ? stretch : 1;
  makeSpeech(speech, { path, marked, spoken, madeS, segment, stretch: stretched });
  const capturedS = segment.capturedS;
  const playedS = cutAt === undefined ? capturedS : capturedS * cutAt;
  const heardS = playedS / stretched;
  const startedMs = clock.now();
  segment.startedMs = startedMs;
  speech.audioOutput.onStart(segment);
  const pauseMs = pause === undefined || pause.atS >= playedS ? 0 : pause.lengthS * 1000;
  if (pause !== undefined && pauseMs > 0) {
    const sinceMs = startedMs + pause.atS * 1000;
    segment.silences.push({ sinceMs, untilMs: sinceMs + pauseMs });
  }
  const estimate = estimateOf(given, marked, spoken, heardS);
  speech.audioOutput.onEnd(segment, {
    endedMs: startedMs + playedS * 1000 + pauseMs,
    playedS,
    interrupted: cutAt !== undefined,
    estimate: cutAt === undefined ? undefined : estimate,
  });
  if (path === "say, chat only" || path === "reply, chat only") {
    const isCut = cutAt !== undefined && path === "reply, chat only";
    speech.onChatItem({
      content: isCut && estimate !== undefined ? estimate : marked,
      createdMs: startedMs,
      interrupted: cutAt !== undefined,
    });
  }
  speech.close();
  const messages = record.agentMessages();
  expect(messages.length).toBeLessThanOrEqual(1);
  void record.stop();
  return {
    message: messages[0],
    implausible: record.events().filter(({ type }) => type === "implausible_figure"),
    problems: [...problems, ...record.problems],
    heardS,
    spoken,
    stretch: Math.max(stretched, 1),
  };
}

function estimateOf(
  { line, estimate }: Script,
  marked: string,
  { saidAtS }: Spoken,
  heardS: number,
): string | undefined {
  const heard = [...findTextWords(line.text)].filter(
    ({ spokenEnd }) => (saidAtS[spokenEnd] ?? 0) <= heardS,
  );
  const right = line.text.slice(0, heard.at(-1)?.end ?? 0);
  return { none: undefined, right, empty: "", whole: marked }[estimate];
}

interface Made {
  path: Path;
  marked: string;
  spoken: Spoken;
  madeS: number;
  segment: PlayoutSegment;
  stretch: number;
}

/** Gives text and sound to the tracker, and the sound to the output. */
function makeSpeech(speech: AgentSpeech, made: Made): void {
  const { path, marked, spoken, madeS } = made;
  if (path === "say, chat only" || path === "reply, chat only") {
    const source = path === "say, chat only" ? "say" : "generate_reply";
    speech.onSpeechCreated({
      type: livekitVoice.AgentSessionEventTypes.SpeechCreated,
      userInitiated: true,
      source,
      speechHandle: livekitVoice.SpeechHandle.create(),
      createdAt: Date.now(),
    });
    for (const frame of framesOf(madeS)) capture(speech, made, frame);
    return;
  }
  if (path === "realtime") {
    const answer = speech.onRealtimeAnswer(DESK, undefined).onMessage();
    answer.onText(marked);
    for (const frame of framesOf(madeS)) {
      answer.onAudio(frame);
      capture(speech, made, frame);
    }
    answer.onEnd();
    return;
  }
  const synthesis = speech.textToSpeech.onSynthesis({} as tts.TTS, DESK);
  for (const piece of marked.match(/[\s\S]{1,7}/g) ?? []) synthesis.onText(piece);
  for (const [index, { fromS, words }] of spoken.tries.entries()) {
    const untilS = Math.min(spoken.tries[index + 1]?.fromS ?? madeS, madeS);
    let timed = words.map(({ text, start_s, end_s }) =>
      livekitVoice.createTimedString({ text, startTime: start_s, endTime: end_s }),
    );
    for (const frame of framesOf(untilS - fromS)) {
      synthesis.onAudio(
        { requestId: "r", segmentId: "r", frame, final: false, timedTranscripts: timed },
        Date.now(),
      );
      timed = [];
      capture(speech, made, frame);
    }
  }
  if (path === "failed")
    synthesis.onError({ message: "the voice broke", model: undefined, isFinal: true });
  synthesis.onEnd(false);
}

function capture(speech: AgentSpeech, { segment, stretch }: Made, frame: AudioFrame): void {
  const synthesis = frame.userdata[SYNTHESIS_KEY];
  let part = segment.parts.at(-1);
  if (part === undefined || part.synthesis !== synthesis) {
    part = { synthesis, offsetS: segment.capturedS, capturedS: 0 };
    segment.parts.push(part);
    speech.audioOutput.onCapture(part, segment);
  }
  const seconds = (frame.samplesPerChannel / frame.sampleRate) * stretch;
  part.capturedS += seconds;
  segment.capturedS += seconds;
}

const RUNS = { numRuns: Number(process.env["FUZZ_RUNS"] ?? countOf(80, 200)) };

describe("the recorded message of a reply", () => {
  it("says nothing of what was heard that its own figures contradict, whichever way it was settled", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(script, cut, (given, cutAt) => {
        const { message, implausible, problems } = settle(given, cutAt);
        seen.add(`${given.path}: ${message?.delivery}`);
        expect(problems).toEqual([]);
        expect(implausible).toEqual([]);
        if (message === undefined) return;
        expect(message.delivery).not.toBe("pending");
        expect(message.played_s).toBeDefined();
        const lastWordEndS = findLastWordEnd(message, SESSION_START_MS);
        expect(findDeliveryFault(message, lastWordEndS)).toBeUndefined();
      }),
      RUNS,
    );
    expect(seen.size).toBeGreaterThan(8);
  });

  it("has the beginning of what was to be said as its content, without half a grapheme or a tag", () => {
    fc.assert(
      fc.property(script, cut, (given, cutAt) => {
        const { message } = settle(given, cutAt);
        if (message === undefined) return;
        const { content, generated = content } = message;
        expect(generated.startsWith(content)).toBe(true);
        const borders = [...segmentGraphemes(generated)].map(({ start }) => start);
        expect([...borders, generated.length]).toContain(content.length);
        expect(withoutMarkup(content)).toBe(content);
        expect(content).not.toMatch(/<[a-z/#]|\[[cl]/);
        expect(content).not.toBe(message.generated);
      }),
      RUNS,
    );
  });

  it("holds the words that were played, but for one, and is full exactly where all was played", () => {
    fc.assert(
      fc.property(script, cut, (given, cutAt) => {
        const { path, speaker } = given;
        // Nobody can tell where in shortened sound the words are, nor what a cut chat item would be.
        if (path === "reply, chat only" || given.stretch < 1) return;
        const { message, heardS, spoken } = settle({ ...given, review: "none" }, cutAt);
        if (message === undefined) return;
        const { text } = given.line;
        expect(message.generated ?? message.content).toBe(text);
        const words = [...findTextWords(text)];
        const lastS = spoken.saidAtS[words.at(-1)?.spokenEnd ?? 0] ?? 0;
        const isAtTheEnd = Math.abs(heardS - lastS) < 0.03;
        // Without word times a voice that broke has said nobody knows how much.
        const isTimed = speaker.times === "words" || speaker.times === "characters";
        if (path === "failed" && !isTimed) return;
        const mayDiffer = isAtTheEnd || path === "failed";
        expect(mayDiffer || (message.delivery === "full") === heardS > lastS).toBe(true);
        // A realtime model and a chat item have no times: the share is right for an even voice alone.
        if (path !== "tts" && path !== "failed") return;
        const count = words.filter(({ spokenEnd }) => spokenEnd <= message.content.length).length;
        const before = words[count - 2]?.spokenStart ?? 0;
        const after = words[count + 1]?.spokenEnd ?? text.length;
        expect(spoken.saidAtS[before]).toBeLessThanOrEqual(heardS + 0.02);
        expect(spoken.saidAtS[after]).toBeGreaterThanOrEqual(heardS - 0.02);
      }),
      RUNS,
    );
  });

  it("has its heard words between its start and its end, later ones by a pause, and marks the others", () => {
    const pauses = fc.option(
      fc.record({
        atS: fc.integer({ min: 50, max: 3000 }).map((millis) => millis / 1000),
        lengthS: fc.integer({ min: 100, max: 5000 }).map((millis) => millis / 1000),
      }),
      { nil: undefined },
    );
    const seen = new Set<string>();
    fc.assert(
      fc.property(script, cut, pauses, (given, cutAt, pause) => {
        const { message, spoken, stretch } = settle({ ...given, path: "tts" }, cutAt, pause);
        if (message?.words === undefined) return;
        const { delivery, words, content, generated = content } = message;
        const [startedMs, endedMs] = [message.started_at, message.ended_at].map(readTimestamp);
        const heard = words.filter((word) => word.heard !== false);
        seen.add(delivery);
        for (const { at_s, until_s } of heard) {
          expect(at_s).toBeLessThanOrEqual(until_s);
          expect(at_s).toBeGreaterThanOrEqual((startedMs ?? NaN) / 1000 - WORD_TOLERANCE_S);
          expect(until_s).toBeLessThanOrEqual((endedMs ?? NaN) / 1000 + WORD_TOLERANCE_S);
        }
        const expected = { full: words, none: [], partial: heard, pending: undefined };
        expect(heard).toEqual(expected[delivery]);
        // A word that the caller heard in part is marked by what `content` has of it.
        const spelt = (list: readonly { text: string }[]) =>
          bare(list.map(({ text }) => text).join(""));
        const isSpelt = delivery === "partial" && spelt(words) === bare(generated);
        expect(!isSpelt || spelt(heard).startsWith(bare(content))).toBe(true);
        if (startedMs === undefined || given.stretch < 1) return;
        const { atS = Infinity, lengthS = 0 } = pause ?? {};
        for (const [index, { at_s, heard: isHeard }] of words.entries()) {
          const startS = (spoken.words[index]?.start_s ?? NaN) * stretch;
          if (isHeard === false || Math.abs(startS - atS) < 0.01) continue;
          const expectedS = startedMs / 1000 + startS + (startS > atS ? lengthS : 0);
          const latestS = (endedMs ?? NaN) / 1000;
          expect(Math.abs(at_s - Math.min(expectedS, latestS))).toBeLessThan(0.05);
        }
      }),
      RUNS,
    );
    expect([...seen].toSorted()).toEqual(["full", "none", "partial"]);
  });

  it("has the words that the voice said, in their order, and no others", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(script, cut, (given, cutAt) => {
        const isFailed = given.path === "failed";
        const { message, spoken, heardS } = settle({ ...given, review: "none" }, cutAt);
        if (message === undefined || !["tts", "failed"].includes(given.path)) return;
        // Words of sound that was never played have no times.
        if (message.words === undefined && heardS === 0) return;
        const madeS = isFailed ? spoken.audioS * given.breaksAt : spoken.audioS;
        // A frame holds a tenth of a second, so the sound may end that much later.
        const said = spoken.words.filter(({ start_s, end_s }) => (start_s + end_s) / 2 <= madeS);
        const spelt = (message.words ?? []).map(({ text }) => text).join("");
        const expected = said.map(({ text }) => text).join("");
        seen.add(`${given.path}: ${given.speaker.times}`);
        expect(spelt).toBe(expected.trim());
        const starts = (message.words ?? []).map(({ at_s }) => at_s);
        expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      }),
      RUNS,
    );
    expect(seen).toContain("tts: eager retry");
    expect(seen).toContain("failed: eager retry");
  });

  it("grows with the cut", () => {
    const cuts = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(script, cuts, cuts, (given, one, other) => {
        // The text of a cut chat item is another one at each cut.
        if (given.path === "reply, chat only") return;
        const [sooner, later] = [Math.min(one, other), Math.max(one, other)].map(
          (cutAt) => settle(given, cutAt).message?.content,
        );
        if (sooner === undefined || later === undefined) return;
        expect(later.startsWith(sooner)).toBe(true);
      }),
      RUNS,
    );
  });
});
