import type {
  LateAmendment,
  ConversationSpans,
  OpenSpan,
  Playout,
  EventData,
  Synthesis,
  TextMessage,
  Transcript,
} from "../../../otel/index.js";
import { type JsonObject, copyJsonObject } from "../../record/json-data.js";
import { WITHHELD, reviewHeard } from "./heard-of-reviewed.js";
import { type TextKey, TEXT_FIELDS } from "../../record/message-fields.js";
import { inOtherWords, withoutWords } from "./message-fields.js";
import { withoutComplaint } from "./provider-errors.js";
import {
  type Decision,
  type MessageUnderReview,
  type Review,
  KEPT_MESSAGES,
  faultOf,
  needText,
  refusePromise,
} from "./review-decisions.js";

type OtherText = Exclude<TextKey, "content" | "generated">;

/** What was generated is what the content was when it was reviewed. */
const OTHER_TEXTS = TEXT_FIELDS.filter(
  (field): field is typeof field & { key: OtherText } =>
    field.key !== "content" && field.key !== "generated",
);

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

  /** Another text of a message that has been seen before; undefined when it may not be written. */
  function askAgain(id: string, text: OtherText, content: string): string | undefined {
    const known = seen.get(id);
    // Nothing is known of it any more, so nobody can say that it may be written.
    return known === undefined ? WITHHELD : (ask({ ...known, text, content }) ?? undefined);
  }

  /** The texts that there are beside the content, by name, as they may be written. */
  function askOthers(id: string, texts: object): { [name: string]: string | undefined } {
    const given = new Map<string, unknown>(Object.entries(texts));
    const reviewed: { [name: string]: string | undefined } = {};
    for (const { key, name } of OTHER_TEXTS) {
      const text = given.get(name);
      if (typeof text === "string") reviewed[name] = askAgain(id, key, text);
    }
    return reviewed;
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
    const others = askOthers(id, message);
    const given = new Map<string, unknown>(Object.entries(message));
    const isChanged =
      decision !== undefined ||
      Object.entries(others).some(([name, text]) => text !== given.get(name));
    const written = isChanged
      ? inOtherWords(message, { ...others, content: decision?.reviewed ?? content })
      : message;
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
            const written: Playout = withoutWords(playout);
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
        const written: LateAmendment = { ...amendment, ...askOthers(messageId, amendment) };
        if (Object.values(written).some((value) => value !== undefined))
          spans.amend(messageId, written, ...rest);
      },
    }),
    event(event, parent) {
      const written = reviewEvent === undefined ? withoutComplaint(event) : passEvent(event);
      if (written !== undefined) spans.event(written, parent);
    },
  } satisfies ConversationSpans;

  function passEvent(event: EventData): EventData | undefined {
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
