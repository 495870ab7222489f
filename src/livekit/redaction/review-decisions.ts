import type { JsonObject } from "../../record/json-data.js";

/** A message as the agent's own code gets to see it before it is written: a whole text, once. */
export interface MessageUnderReview {
  role: "user" | "agent";
  /** The text to be written. */
  content: string;
  /**
   * `content`: what was said, or is to be. The same message may come again with another text of it:
   * as it was `shown`, or `taken_as` by the agent's own code; `source_text` is what was said where
   * the STT translates, and `language` is then the translation's.
   */
  text: "content" | "shown" | "taken_as" | "source_text";
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

/** What was decided of a message that is not written as it was. */
export type Decision = { original: string; reviewed: string } | "dropped";

/** Of so many messages another text may still come. */
export const KEPT_MESSAGES = 256;

/** A fault in what a review gave, in words of ours. */
class ReviewFault extends TypeError {}

/** Why a review failed. Another's error may have the words under review in its message. */
export function faultOf(error: unknown): string {
  if (error instanceof ReviewFault) return error.message;
  return error instanceof Error ? `it threw "${error.name}"` : "it threw what is no error";
}

export function needText(given: unknown): string {
  refusePromise(given);
  if (typeof given !== "string")
    throw new ReviewFault(`it gave ${typeof given}, expected the text to write or null`);
  return given;
}

/** A message is written when it is spoken: it cannot wait for an answer. */
export function refusePromise(given: unknown): void {
  if (typeof given !== "object" || given === null || !("then" in given)) return;
  // Nobody waits for it, so its failure would end the process.
  void Promise.resolve(given as PromiseLike<unknown>).catch(() => undefined);
  throw new ReviewFault("it gave a promise; it has to answer at once");
}
