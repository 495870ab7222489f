import { type JsonObject, copyJsonObject } from "../../record/json-data.js";
import type { TextKey } from "../../record/message-fields.js";
import { WITHHELD, reviewHeard } from "./heard-of-reviewed.js";

/** A message as the agent's own code sees it, whole, before it is written. */
export interface MessageUnderReview {
  role: "user" | "agent";
  /** The text to be written. */
  content: string;
  /**
   * Which text of the message `content` holds. The same message may come again with another text:
   *
   * - `content`: the words that were said, or are to be said
   * - `shown`: the text as LiveKit's chat shows it
   * - `taken_as`: the user's text after the agent's own code changed it
   * - `source_text`: the words as they were said, if the STT translates; `language` is then the
   *   translation's
   * - `tts_text`: the text as it went to the TTS, with its markup
   */
  text: "content" | "shown" | "taken_as" | "source_text" | "tts_text";
  /** The service, e.g. `deepgram_stt`. */
  source: string;
  id: string;
  turn_id: string;
  /** Of a user message only, as the provider reports it. */
  language?: string;
  /** Of an agent message only: LiveKit's id of the agent that speaks. */
  agent?: string;
}

/** An event as the agent's own code sees it before it is written. */
export interface EventUnderReview {
  type: string;
  turn_id?: string;
  /** A copy. The review may change and return it. */
  data: JsonObject;
}

export interface Review {
  message: ((message: MessageUnderReview) => string | null) | undefined;
  event: ((event: EventUnderReview) => JsonObject | null) | undefined;
  report: (line: string) => void;
}

/** The decision on a message that is not written in its original words. */
type Decision = { original: string; reviewed: string } | "dropped";

/** A text of a message other than its content. */
export type OtherText = Exclude<TextKey, "content" | "generated">;

/** How many messages are remembered with their words, because another text of them may come. */
const KEPT_MESSAGES = 256;

/** The decisions of the agent's own code on the messages and events of one conversation. */
export interface ReviewDecisions {
  /** The text of a message that may be written; null if the message is not to be written. */
  decide(message: MessageUnderReview): string | null;
  /** Another text of a message that was decided before; undefined if it may not be written. */
  decideAgain(id: string, text: OtherText, content: string): string | undefined;
  /** The heard part of a message that may be written. */
  decideHeard(id: string, heard: string): string;
  isDropped(id: string | undefined): boolean;
  /** The data of an event that may be written; null if the event is not to be written. */
  decideEvent(event: EventUnderReview): JsonObject | "withheld" | null;
}

export function createReviewDecisions(review: Review): ReviewDecisions {
  const decisions = new Map<string, Decision>();
  const seen = new Map<string, MessageUnderReview>();
  const reported = new Set<string>();

  function reportOnce(name: string, error: unknown, consequence: string): void {
    if (reported.has(name)) return;
    reported.add(name);
    review.report(`Failed while it ran ${name}: ${faultOf(error)}. ${consequence}`);
  }

  function ask(message: MessageUnderReview): string | null {
    try {
      const given: unknown = review.message?.({ ...message });
      return given === null ? null : needText(given);
    } catch (error) {
      reportOnce("reviewMessage", error, `Such messages are written as "${WITHHELD}"`);
      return WITHHELD;
    }
  }

  /** Forgets the words of a message. It stays known that a message was dropped. */
  function forget(id: string): void {
    seen.delete(id);
    if (decisions.get(id) !== "dropped") decisions.delete(id);
  }

  return {
    decide(message) {
      const { id, content: original } = message;
      seen.set(id, message);
      const [oldest] = seen.keys();
      if (seen.size > KEPT_MESSAGES && oldest !== undefined) forget(oldest);
      const reviewed = ask(message);
      // A message without words is dropped, like one whose review returned `null`.
      if (reviewed === null || (reviewed !== original && reviewed.trim() === "")) {
        decisions.set(id, "dropped");
        return null;
      }
      if (reviewed !== original) decisions.set(id, { original, reviewed });
      return reviewed;
    },
    decideAgain(id, text, content) {
      const known = seen.get(id);
      // The message was forgotten, so its text is withheld.
      return known === undefined ? WITHHELD : (ask({ ...known, text, content }) ?? undefined);
    },
    decideHeard(id, heard) {
      const decision = decisions.get(id);
      const content = seen.get(id)?.content;
      const { original, reviewed } =
        decision === undefined || decision === "dropped"
          ? { original: content, reviewed: content }
          : decision;
      return original === undefined || reviewed === undefined
        ? WITHHELD
        : reviewHeard(heard, original, reviewed);
    },
    isDropped: (id) => id !== undefined && decisions.get(id) === "dropped",
    decideEvent(event) {
      try {
        const given: unknown = review.event?.(event);
        if (given === null) return null;
        refusePromise(given);
        // A fault of this call names keys, and keys may be words of the caller, so the line has none.
        return copyJsonObject(given);
      } catch (error) {
        reportOnce("reviewEvent", error, "Such events are written without their data");
        return "withheld";
      }
    },
  };
}

/** A fault in the result of a review, with a text of ours that may be reported. */
class ReviewFault extends TypeError {}

/**
 * Why a review failed. The message of a foreign error is left out, because it may hold the reviewed
 * words.
 */
function faultOf(error: unknown): string {
  if (error instanceof ReviewFault) return error.message;
  try {
    if (error instanceof Error) return `it threw "${error.name}"`;
  } catch {
    // If even the error's name cannot be read, it is still an error.
  }
  return "it threw a value that is no `Error`";
}

function needText(given: unknown): string {
  refusePromise(given);
  if (typeof given !== "string")
    throw new ReviewFault(`it gave ${typeof given}, expected the text to write or null`);
  return given;
}

/** A review must answer at once, because a message is written when it is spoken. */
function refusePromise(given: unknown): void {
  if (typeof given !== "object" || given === null || !("then" in given)) return;
  // Nobody awaits this promise, so its rejection would end the process.
  void Promise.resolve(given as PromiseLike<unknown>).catch(() => undefined);
  throw new ReviewFault("it gave a promise; it has to answer at once");
}
