import type {
  ConversationSpans,
  EventData,
  LateAmendment,
  OpenSpan,
  Playout,
  Synthesis,
  TextMessage,
  Transcript,
} from "../../../otel/index.js";
import type { JsonObject } from "../../record/json-data.js";
import { TEXT_FIELDS } from "../../record/message-fields.js";
import { lettersAndDigits } from "../text/compare-text.js";
import { findFirst } from "../text/find-text.js";
import { WITHHELD } from "./heard-of-reviewed.js";
import { inOtherWords, withoutWords } from "./kept-fields.js";
import { withoutComplaint } from "./provider-errors.js";
import {
  type MessageUnderReview,
  type OtherText,
  type Review,
  type ReviewDecisions,
  createReviewDecisions,
} from "./review-decisions.js";

/** `generated` needs no review of its own: it is the content as it was reviewed before. */
const OTHER_TEXTS = TEXT_FIELDS.filter(
  (field): field is typeof field & { key: OtherText } =>
    field.key !== "content" && field.key !== "generated",
);

/**
 * Lets the agent's own code review each message and event before it goes anywhere: file, journal, span
 * or console. If that code fails, the words are withheld.
 */
export function reviewSpans(spans: ConversationSpans, review: Review): ConversationSpans {
  if (review.message === undefined && review.event === undefined) return spans;
  const decisions = createReviewDecisions(review);
  return {
    ...spans,
    ...(review.message === undefined ? {} : reviewMessages(spans, decisions)),
    event(event, parent) {
      const written =
        review.event === undefined ? withoutComplaint(event) : passEvent(event, decisions);
      if (written !== undefined) spans.event(written, parent);
    },
  };
}

type MessageSpans = Pick<
  ConversationSpans,
  "transcript" | "text" | "startSynthesis" | "startPlayout" | "unspoken" | "amend"
>;

function reviewMessages(spans: ConversationSpans, decisions: ReviewDecisions): MessageSpans {
  const { isDropped } = decisions;
  /** The replies to be played whose word times spell the reviewed text, by id. */
  const timed = new Set<string>();
  return {
    transcript(transcript, parent) {
      const written = passMessage(transcript, "user", decisions);
      if (written === undefined) return;
      spans.transcript(
        isDropped(written.interrupts) ? { ...written, interrupts: undefined } : written,
        parent,
      );
    },
    text(message, parent) {
      const written = passMessage(message, message.role, decisions);
      if (written !== undefined) spans.text(written, parent);
    },
    startSynthesis(service, startMs, parent): OpenSpan<Synthesis> {
      const span = spans.startSynthesis(service, startMs, parent);
      return {
        drop: span.drop,
        end(synthesis, endMs) {
          const written = passMessage(synthesis, "agent", decisions);
          if (written?.audioWords !== undefined && written.unspoken === undefined)
            timed.add(synthesis.id);
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
          if (isDropped(messageId)) return span.drop(endMs);
          const { heard, interruptedBy, words } = playout;
          const kept: Playout = withoutWords(playout);
          if (timed.delete(messageId)) kept.words = words;
          const written =
            heard === undefined ? kept : withHeard(kept, decisions.decideHeard(messageId, heard));
          if (isDropped(interruptedBy)) delete written.interruptedBy;
          span.end(written, endMs);
        },
      };
    },
    unspoken(messageId, ...rest) {
      timed.delete(messageId);
      if (!isDropped(messageId)) spans.unspoken(messageId, ...rest);
    },
    amend(messageId, amendment, ...rest) {
      if (isDropped(messageId)) return;
      const others = decideOthers(messageId, amendment, decisions);
      const written: LateAmendment = { ...amendment, ...others };
      if (Object.values(written).some((value) => value !== undefined))
        spans.amend(messageId, written, ...rest);
    },
  };
}

/** The playout with the reviewed heard part, which may be empty. */
function withHeard(playout: Playout, heard: string): Playout {
  if (playout.delivery !== "partial" || heard !== "") return { ...playout, heard };
  return { ...playout, heard, delivery: "none", heardBy: undefined, startedMs: undefined };
}

/** The message in the form that may be written; undefined if it may not be written. */
function passMessage<T extends Transcript | Synthesis | TextMessage>(
  message: T,
  role: "user" | "agent",
  decisions: ReviewDecisions,
): T | undefined {
  const content = decisions.decide(describeMessage(message, role));
  if (content === null) return undefined;
  const others = decideOthers(message.id, message, decisions);
  const given = new Map<string, unknown>(Object.entries(message));
  const isChanged =
    content !== message.content ||
    Object.entries(others).some(([name, text]) => text !== given.get(name));
  const written = isChanged
    ? inOtherWords(message, { ...others, content })
    : withoutOtherWords(message, [content, ...Object.values(others)]);
  return "unspoken" in message && message.unspoken?.error !== undefined
    ? { ...written, unspoken: { ...message.unspoken, error: WITHHELD } }
    : written;
}

/** The message's other texts in the form that may be written, by name. */
function decideOthers(
  id: string,
  texts: object,
  decisions: ReviewDecisions,
): { [name: string]: string | undefined } {
  const given = new Map<string, unknown>(Object.entries(texts));
  const reviewed: { [name: string]: string | undefined } = {};
  for (const { key, name } of OTHER_TEXTS) {
    const text = given.get(name);
    if (typeof text === "string") reviewed[name] = decisions.decideAgain(id, key, text);
  }
  return reviewed;
}

function describeMessage(
  message: Transcript | Synthesis | TextMessage,
  role: "user" | "agent",
): MessageUnderReview {
  const { id, turnId, content, source } = message;
  const language = "language" in message ? message.language : undefined;
  const agent = "agent" in message ? message.agent : undefined;
  return {
    role,
    content,
    text: "content",
    source,
    id,
    turn_id: turnId,
    ...(language === undefined ? {} : { language }),
    ...(agent === undefined ? {} : { agent }),
  };
}

/**
 * Removes the word times if they spell another text than the reviewed ones. A provider that writes
 * `[card]` in a transcript may still have the digits in its words.
 */
function withoutOtherWords<T extends Transcript | Synthesis | TextMessage>(
  message: T,
  texts: readonly (string | undefined)[],
): T {
  const words =
    ("words" in message ? message.words : undefined) ??
    ("audioWords" in message ? message.audioWords : undefined);
  if (words === undefined) return message;
  const spelt = lettersAndDigits(words.map(({ text }) => text).join(""));
  const isReviewed = texts.some(
    (text) => findFirst(lettersAndDigits(text ?? ""), spelt) !== undefined,
  );
  return isReviewed ? message : withoutTimes(message);
}

function withoutTimes<T extends Transcript | Synthesis | TextMessage>(message: T): T {
  return {
    ...message,
    ...("words" in message && { words: undefined }),
    ...("audioWords" in message && { audioWords: undefined }),
  };
}

function passEvent(event: EventData, decisions: ReviewDecisions): EventData | undefined {
  const { type, turnId } = event;
  const before = JSON.stringify(event.data);
  const data = decisions.decideEvent({
    type,
    ...(turnId === undefined ? {} : { turn_id: turnId }),
    data: JSON.parse(before) as JsonObject,
  });
  if (data === null) return undefined;
  if (data === "withheld") return { ...event, data: {}, redacted: true };
  return JSON.stringify(data) === before ? event : { ...event, data, redacted: true };
}
