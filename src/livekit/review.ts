import type {
  Afterthought,
  ConversationSpans,
  OpenSpan,
  Playout,
  SpokenEvent,
  Synthesis,
  TextMessage,
  Transcript,
} from "../../otel/index.js";
import { type JsonObject, copyJsonObject } from "./json-data.js";
import { withoutComplaint } from "./provider-complaints.js";
import { WITHHELD, reviewHeard } from "./reviewed-text.js";

/** A message as the agent's own code gets to see it before it is written: a whole text, once. */
export interface MessageUnderReview {
  role: "user" | "agent";
  /** The text to be written. */
  content: string;
  /**
   * `content`: what was said, or is to be. The same message may come again with another text of it:
   * as it was `shown`, or `taken_as` by the agent's own code.
   */
  text: "content" | "shown" | "taken_as";
  /** e.g. `deepgram_stt`. */
  source: string;
  id: string;
  turn_id: string;
  /** Of a user's message, as the provider reports it. */
  language?: string;
  /** Of an agent's message: LiveKit's id of the agent that speaks. */
  agent?: string;
}

/** An event as the agent's own code gets to see it before it is written. */
export interface EventUnderReview {
  type: string;
  turn_id?: string;
  /** A copy: it may be changed and given back. */
  data: JsonObject;
}

export interface Review {
  message: ((message: MessageUnderReview) => string | null) | undefined;
  event: ((event: EventUnderReview) => JsonObject | null) | undefined;
  report: (line: string) => void;
}

/**
 * Whether a field holds words, which go when the words are others. A field that is new to these
 * types does not compile until somebody has decided.
 */
type Fields<T> = { [key in keyof T]-?: "words" | "other" };

const MESSAGE_FIELDS: Fields<Transcript & Synthesis & TextMessage> = {
  words: "words",
  // Written anew, as is what a provider said of its failure.
  content: "other",
  unspoken: "other",
  id: "other",
  turnId: "other",
  role: "other",
  source: "other",
  provider: "other",
  model: "other",
  gateway: "other",
  timestampMs: "other",
  startedMs: "other",
  endedMs: "other",
  language: "other",
  confidence: "other",
  durationS: "other",
  sound: "other",
  interrupts: "other",
  redacted: "other",
  voice: "other",
  agent: "other",
  llmModel: "other",
  providerRequestId: "other",
};

const PLAYOUT_FIELDS: Fields<Playout> = {
  heard: "words",
  messageId: "other",
  delivery: "other",
  startedMs: "other",
  endedMs: "other",
  heardBy: "other",
  playedS: "other",
  interruptedBy: "other",
  latency: "other",
};

function withoutWords<T extends object>(value: T, fields: { [key: string]: "words" | "other" }): T {
  const kept = Object.entries(value).filter(([key]) => fields[key] === "other");
  return Object.fromEntries(kept) as T;
}

/** What was decided of a message that is not written as it was. */
type Decision = { original: string; reviewed: string } | "dropped";

/** Of so many messages another text may still come. */
const KEPT_MESSAGES = 256;

/**
 * Lets the agent's own code see each message and each event before anything of it is written: into
 * the file, its journal, a span or the console. Where that code fails, words are withheld.
 */
export function reviewSpans(spans: ConversationSpans, review: Review): ConversationSpans {
  const { message: reviewMessage, event: reviewEvent } = review;
  const decisions = new Map<string, Decision>();
  const seen = new Map<string, MessageUnderReview>();
  const reported = new Set<string>();

  function reportOnce(name: string, error: unknown, consequence: string): void {
    if (reported.has(name)) return;
    reported.add(name);
    review.report(`Failed while it ran ${name}: ${faultOf(error)}. ${consequence}`);
  }

  /** The text as it may be written; null when it may not. */
  function ask(message: MessageUnderReview): string | null {
    try {
      const given: unknown = reviewMessage?.({ ...message });
      return given === null ? null : needText(given);
    } catch (error) {
      reportOnce("reviewMessage", error, `Such messages are written as "${WITHHELD}"`);
      return WITHHELD;
    }
  }

  /** Another text of a message that has been seen before. */
  function askAgain(
    id: string,
    text: "shown" | "taken_as",
    content: string | undefined,
  ): string | undefined {
    const known = seen.get(id);
    if (content === undefined) return undefined;
    // Nothing is known of it any more, so nobody can say that it may be written.
    return known === undefined ? WITHHELD : (ask({ ...known, text, content }) ?? undefined);
  }

  function decide(message: MessageUnderReview): Decision | undefined {
    const { id, content: original } = message;
    seen.set(id, message);
    const [oldest] = seen.keys();
    if (seen.size > KEPT_MESSAGES && oldest !== undefined) forget(oldest);
    const text = ask(message);
    if (text === original) return undefined;
    // What has no words is no message.
    const decision = text === null || text.trim() === "" ? "dropped" : { original, reviewed: text };
    decisions.set(id, decision);
    return decision;
  }

  /** Words that were not to be written are not kept either. That there is no such message stays. */
  function forget(id: string): void {
    seen.delete(id);
    if (decisions.get(id) !== "dropped") decisions.delete(id);
  }

  /** The message as it may be written; undefined when it may not. */
  function passMessage<T extends Transcript | Synthesis | TextMessage>(
    message: T,
    role: "user" | "agent",
  ): T | undefined {
    const { id, turnId, content, source } = message;
    const decision = decide({
      role,
      content,
      text: "content",
      source,
      id,
      turn_id: turnId,
      ...("language" in message && message.language !== undefined
        ? { language: message.language }
        : {}),
      ...("agent" in message && message.agent !== undefined ? { agent: message.agent } : {}),
    });
    if (decision === "dropped") return undefined;
    const written = decision === undefined ? message : inOtherWords(message, decision.reviewed);
    return "unspoken" in message && message.unspoken?.error !== undefined
      ? { ...written, unspoken: { ...message.unspoken, error: WITHHELD } }
      : written;
  }

  /** What was heard of a message, as it may be written. */
  function reviewPart(
    id: string,
    heard: string,
    decision: Exclude<Decision, "dropped"> | undefined,
  ) {
    const content = seen.get(id)?.content;
    const { original, reviewed } = decision ?? { original: content, reviewed: content };
    return original === undefined || reviewed === undefined
      ? WITHHELD
      : reviewHeard(heard, original, reviewed);
  }

  function isDropped(id: string | undefined): boolean {
    return id !== undefined && decisions.get(id) === "dropped";
  }

  if (reviewMessage === undefined && reviewEvent === undefined) return spans;
  return {
    ...spans,
    ...(reviewMessage !== undefined && {
      transcript(transcript, parent) {
        const written = passMessage(transcript, "user");
        if (written === undefined) return;
        spans.transcript(
          isDropped(written.interrupts) ? { ...written, interrupts: undefined } : written,
          parent,
        );
      },
      text(message, parent) {
        const written = passMessage(message, message.role);
        if (written !== undefined) spans.text(written, parent);
      },
      startSynthesis(service, startMs, parent): OpenSpan<Synthesis> {
        const span = spans.startSynthesis(service, startMs, parent);
        return {
          drop: span.drop,
          end(synthesis, endMs) {
            const written = passMessage(synthesis, "agent");
            if (written === undefined) span.drop(endMs);
            else span.end(written, endMs);
          },
        };
      },
      startPlayout(messageId, startMs, parent): OpenSpan<Playout> {
        const span = spans.startPlayout(messageId, startMs, parent);
        return {
          drop: span.drop,
          end(playout, endMs) {
            const decision = decisions.get(messageId);
            if (decision === "dropped") return span.drop(endMs);
            const { heard, interruptedBy } = playout;
            const written: Playout = withoutWords(playout, PLAYOUT_FIELDS);
            if (heard !== undefined) written.heard = reviewPart(messageId, heard, decision);
            if (isDropped(interruptedBy)) delete written.interruptedBy;
            span.end(written, endMs);
          },
        };
      },
      unspoken(messageId, ...rest) {
        if (!isDropped(messageId)) spans.unspoken(messageId, ...rest);
      },
      amend(messageId, amendment, ...rest) {
        if (isDropped(messageId)) return;
        const written: Required<Afterthought> = {
          discarded: amendment.discarded,
          takenAs: askAgain(messageId, "taken_as", amendment.takenAs),
          shown: askAgain(messageId, "shown", amendment.shown),
        };
        if (Object.values(written).some((value) => value !== undefined))
          spans.amend(messageId, written, ...rest);
      },
    }),
    event(event, parent) {
      const written = reviewEvent === undefined ? withoutComplaint(event) : passEvent(event);
      if (written !== undefined) spans.event(written, parent);
    },
  } satisfies ConversationSpans;

  function passEvent(event: SpokenEvent): SpokenEvent | undefined {
    const { type, turnId } = event;
    const before = JSON.stringify(event.data);
    try {
      const given: unknown = reviewEvent?.({
        type,
        ...(turnId === undefined ? {} : { turn_id: turnId }),
        data: JSON.parse(before) as JsonObject,
      });
      if (given === null) return undefined;
      refusePromise(given);
      // Its faults name keys, which may be made of words.
      const data = copyJsonObject(given);
      return JSON.stringify(data) === before ? event : { ...event, data, redacted: true };
    } catch (error) {
      reportOnce("reviewEvent", error, "Such events are written without their data");
      return { ...event, data: {}, redacted: true };
    }
  }
}

/** The message in other words: nothing is left that could tell the first ones. */
function inOtherWords<T extends Transcript | Synthesis | TextMessage>(
  message: T,
  content: string,
): T {
  return {
    ...withoutWords(message, MESSAGE_FIELDS),
    content,
    redacted: true,
  };
}

/** A fault in what a review gave, in words of ours. */
class ReviewFault extends TypeError {}

/** Why a review failed. Another's error may have the words under review in its message. */
function faultOf(error: unknown): string {
  if (error instanceof ReviewFault) return error.message;
  return error instanceof Error ? `it threw "${error.name}"` : "it threw what is no error";
}

function needText(given: unknown): string {
  refusePromise(given);
  if (typeof given !== "string")
    throw new ReviewFault(`it gave ${typeof given}, expected the text to write or null`);
  return given;
}

/** A message is written when it is spoken: it cannot wait for an answer. */
function refusePromise(given: unknown): void {
  if (typeof given !== "object" || given === null || !("then" in given)) return;
  // Nobody waits for it, so its failure would end the process.
  void Promise.resolve(given as PromiseLike<unknown>).catch(() => undefined);
  throw new ReviewFault("it gave a promise; it has to answer at once");
}
