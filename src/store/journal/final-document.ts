import type { Conversation, Session } from "../../record/index.js";
import { asRead } from "../document/render-document.js";
import type { Replay } from "./replay.js";
import { newestMessage, newestSession } from "./merge-published.js";

/**
 * Whether a document of a finished session is the one published at the session's end, or by a recovery.
 * If it is, its journal is removed. So the document must have everything that the journal has, because
 * somebody may have edited an open document.
 *
 * A journal with its last line and no damage has everything. Any other journal may have less than the
 * document.
 */
export function isOurEnd(replay: Replay, published: Conversation, path: string): boolean {
  // Only an open conversation has the number of its last line.
  if (published.integrity.line !== undefined) return false;
  const journaled = asRead(replay.state, path);
  if (journaled === undefined) return true;
  const isClosed = journaled.session.status !== "open";
  if (isClosed && replay.damagedLines === 0) return wordsOf(journaled) === wordsOf(published);
  if (isClosed && endOf(journaled.session) !== endOf(published.session)) return false;
  return saysAll(replay, journaled, published);
}

function wordsOf({ conversation, unspoken, events, session }: Conversation): string {
  return JSON.stringify([conversation, unspoken, events, session]);
}

function endOf({ status, ended_at, close_reason }: Session): string {
  return JSON.stringify([status, ended_at, close_reason]);
}

/**
 * Whether the document has everything that the journal has, or a later state of it from lines that were
 * lost.
 */
function saysAll(replay: Replay, journaled: Conversation, published: Conversation): boolean {
  const messages = new Map(published.conversation.map((message) => [message.id, message]));
  const unspoken = new Map(published.unspoken.map((message) => [message.id, message]));
  const events = new Set(published.events.map((event) => JSON.stringify(event)));
  return (
    journaled.conversation.every((ours) => {
      const theirs = messages.get(ours.id);
      if (theirs === undefined) return unspoken.has(ours.id);
      return hasAll(theirs, newestMessage(theirs, ours, replay.changes.get(ours.id) ?? []));
    }) &&
    journaled.unspoken.every((ours) => {
      const theirs = unspoken.get(ours.id);
      // A damaged line may have amended the message before it was retracted.
      return theirs !== undefined && (replay.damagedLines > 0 || hasAll(theirs, ours));
    }) &&
    journaled.events.every((event) => events.has(JSON.stringify(event))) &&
    hasAll(
      published.session,
      withoutEnd(newestSession(published.session, journaled.session, replay.sessionChanges)),
    )
  );
}

function withoutEnd({
  status: _status,
  ended_at: _endedAt,
  close_reason: _closeReason,
  ...rest
}: Session): object {
  return rest;
}

function hasAll(whole: object, part: object): boolean {
  const facts = new Map<string, unknown>(Object.entries(whole));
  return Object.entries(part).every(
    ([key, value]) => JSON.stringify(facts.get(key)) === JSON.stringify(value),
  );
}
