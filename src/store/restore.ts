import { dirname } from "node:path";

import { parseConversation, toTimestamp } from "../record/index.js";
import type { Conversation, Message } from "../record/index.js";
import { beginConversation } from "./conversation-state.js";
import { asRead, renderDocument } from "./document.js";
import { identityOf } from "./exclusive-file.js";
import type { FileIdentity } from "./exclusive-file.js";
import { measure } from "./figures.js";
import { pathsOf } from "./file-names.js";
import { APPEND, closeFile, openFile, statPath, syncAll, syncFolder } from "./file-steps.js";
import type { Replay } from "./journal.js";
import { publishDocument } from "./publisher.js";
import { readRegularFile } from "./regular-file.js";
import { runLater } from "./steps.js";
import type { Steps } from "./steps.js";
import { instantOf } from "./timeline.js";

const OFFSET = /([+-])(\d{2}):(\d{2})$/;

/**
 * Publishes a replayed conversation under its name, synced to the disk, and says at which path it
 * is. A file that is complete already is not written again. Another session's file is never
 * replaced: then the next free suffix is taken.
 */
export async function restoreConversation(
  directory: string,
  name: string,
  replay: Replay,
): Promise<string> {
  const { state } = replay;
  for (let attempt = 1; ; attempt += 1) {
    const path = pathsOf(directory, attempt === 1 ? name : `${name}_${attempt}`).json;
    const found = await readFound(path);
    const isOurs = found.conversation?.session.id === state.session.id;
    const isUnreadable = found.identity !== undefined && found.conversation === undefined;
    if (found.conversation !== undefined && !isOurs) continue;
    if (isUnreadable && attempt > 1) continue;
    if (isOurs && found.conversation?.session.status !== "open") {
      await runLater(syncFile(path));
      return path;
    }
    let isForeign = isUnreadable;
    if (found.conversation !== undefined) {
      if (knowsAll(replay, found.conversation))
        isForeign = isEdited(replay, found.conversation, path);
      else keepPublished(replay, found.conversation, path);
    }
    endSession(replay);
    const options = { replaces: isForeign ? undefined : found.identity, durable: true };
    await runLater(publishDocument(path, renderDocument(state, measure(state)), options));
    return path;
  }
}

async function readFound(
  path: string,
): Promise<{ identity?: FileIdentity; conversation?: Conversation }> {
  const stats = await runLater(statPath(path));
  if (stats === undefined) return {};
  const identity = identityOf(stats);
  try {
    const bytes = await readRegularFile(path, { followLinks: false });
    return { identity, conversation: parseConversation(bytes.toString("utf8"), path) };
  } catch {
    return { identity };
  }
}

/**
 * Whether every line that is in the published file is in the journal as well. Then what else the
 * file says is somebody's own words.
 */
function knowsAll({ state, damagedLines }: Replay, { integrity }: Conversation): boolean {
  return damagedLines === 0 && integrity.line !== undefined && integrity.line <= state.lastLine;
}

/** Whether a published file says what its journal never said. */
function isEdited({ state, earlier }: Replay, published: Conversation, path: string): boolean {
  const journaled = asRead(state, path);
  const known = new Set(
    [...(journaled?.unspoken ?? []), ...(journaled?.events ?? [])].map((each) =>
      JSON.stringify(each),
    ),
  );
  const isUnknown = (each: object): boolean => !known.has(JSON.stringify(each));
  return (
    published.conversation.some((message) => {
      const ours = state.messages.find(message.id);
      if (ours === undefined) return state.unspoken.find(message.id) === undefined;
      return newest(message, ours, earlier.get(message.id) ?? []) !== ours;
    }) ||
    published.unspoken.some(isUnknown) ||
    published.events.some(isUnknown)
  );
}

/**
 * Takes from the published file what the journal lost, by damage or with a machine's power.
 * What was published is a state that there was, so what the journal never had is newer.
 */
function keepPublished(
  { state, earlier }: Pick<Replay, "state" | "earlier">,
  published: Conversation,
  path: string,
): void {
  const journaled = asRead(state, path);
  // Events have no id; two that are equal in every byte are taken for one.
  const knownEvents = new Set(journaled?.events.map((event) => JSON.stringify(event)));
  for (const message of published.conversation) {
    if (state.unspoken.find(message.id) !== undefined) continue;
    const known = state.messages.find(message.id);
    if (known === undefined) state.messages.insert(message, message.seq);
    else state.messages.replace(message.id, newest(message, known, earlier.get(message.id) ?? []));
  }
  for (const message of published.unspoken) {
    if (state.unspoken.find(message.id) !== undefined) continue;
    state.messages.remove(message.id);
    state.unspoken.insert(message, message.seq);
  }
  for (const event of published.events) {
    if (!knownEvents.has(JSON.stringify(event))) state.events.insert(event, state.events.size);
  }
  const { participants, attributes } = published.session;
  state.session = {
    ...(participants !== undefined && { participants }),
    ...(attributes !== undefined && { attributes }),
    ...state.session,
  };
  const { integrity } = state;
  const deferred = Math.max(integrity.deferred ?? 0, published.integrity.deferred ?? 0);
  integrity.dropped = Math.max(integrity.dropped, published.integrity.dropped);
  integrity.damaged_lines = Math.max(integrity.damaged_lines, published.integrity.damaged_lines);
  if (deferred > 0) integrity.deferred = deferred;
}

/** The published value of each key that the journal never had, and the journal's of all others. */
function newest(published: Message, journaled: Message, earlier: readonly Message[]): Message {
  const versions = [...earlier, journaled].map((version) => new Map(Object.entries(version)));
  const fresh = Object.entries(published).filter(([key, value]) => {
    const text = JSON.stringify(value);
    return !versions.some((version) => JSON.stringify(version.get(key)) === text);
  });
  return fresh.length === 0 ? journaled : { ...journaled, ...Object.fromEntries(fresh) };
}

/**
 * Completes a conversation of which there is no journal, only the file: what that holds is all
 * that is left. Says how many messages that is; `undefined` for a file that is not an open
 * conversation, which is left as it is.
 */
export async function restoreDocument(path: string): Promise<number | undefined> {
  const { identity, conversation } = await readFound(path);
  if (identity === undefined || conversation?.session.status !== "open") return undefined;
  const { status: _status, ...session } = conversation.session;
  const state = beginConversation(session);
  const lastLineMs = Number(identity.modifiedNs / 1_000_000n);
  const replay = { state, earlier: new Map<string, Message[]>(), lastLineMs };
  keepPublished(replay, conversation, path);
  endSession(replay);
  const document = renderDocument(state, measure(state));
  await runLater(publishDocument(path, document, { replaces: identity, durable: true }));
  return state.messages.size;
}

/** Nobody closed it, so it ended with the last thing that is known of it. */
function endSession({ state, lastLineMs }: Pick<Replay, "state" | "lastLineMs">): void {
  if (state.session.status !== "open") return;
  const spoken = state.messages.items().map((message) => instantOf(message.timestamp) ?? 0);
  const endMs = spoken.reduce((latest, instant) => Math.max(latest, instant), lastLineMs);
  const ended_at = toTimestamp(endMs, offsetMinutesOf(state.session.started_at));
  state.session = { ...state.session, status: "recovered", ended_at };
}

function offsetMinutesOf(timestamp: string): number {
  const [, sign, hours, minutes] = OFFSET.exec(timestamp) ?? [];
  const size = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  return sign === "-" ? -size : size;
}

function* syncFile(path: string): Steps<void> {
  const fd = yield* openFile(path, APPEND);
  try {
    yield* syncAll(fd);
  } finally {
    yield* closeFile(fd);
  }
  yield* syncFolder(dirname(path));
}
