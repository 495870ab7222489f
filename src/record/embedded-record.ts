import type { Conversation } from "./conversation.js";

/** The attributes of the element that holds a record in a page. */
const OPENING = '<script type="application/json" id="talktrace-record">';
const CLOSING = "</script>";
/** In JSON these signs stand within strings only. As codes they cannot end an element or begin one. */
const UNSAFE = /[<>&\u2028\u2029]/g;
const PAGE = /^\uFEFF?\s*<!doctype html/i;

/**
 * A conversation as an element of an HTML page, piece by piece. `extractRecord()` finds it again without
 * loss. No text in it can end the element. Pure.
 */
export function* embedRecord(conversation: Conversation): Generator<string> {
  yield OPENING;
  yield* streamRecord(conversation);
  yield CLOSING;
}

/** The JSON of a conversation, a piece for each message, because a call may have thousands. Pure. */
export function* streamRecord(conversation: Conversation): Generator<string> {
  let separator = "{";
  for (const [key, value] of Object.entries(conversation) as [string, unknown][]) {
    if (value === undefined) continue;
    yield `${separator}${toSafeJson(key)}:`;
    separator = ",";
    if (Array.isArray(value)) yield* embedItems(value);
    else yield toSafeJson(value);
  }
  yield "}";
}

function* embedItems(items: readonly unknown[]): Generator<string> {
  let separator = "[";
  for (const item of items) {
    yield separator + toSafeJson(item);
    separator = ",";
  }
  yield separator === "[" ? "[]" : "]";
}

function toSafeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    UNSAFE,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Whether a file's beginning is that of an HTML page. Pure. */
export function isPage(text: string): boolean {
  return PAGE.test(text.slice(0, 1000));
}

/** The JSON of the conversation in a page that TalkTrace wrote; undefined if there is none. Pure. */
export function extractRecord(page: string): string | undefined {
  const start = page.indexOf(OPENING);
  if (start < 0) return undefined;
  const end = page.indexOf(CLOSING, start);
  return end < 0 ? undefined : page.slice(start + OPENING.length, end);
}
