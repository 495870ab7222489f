import { dirname } from "node:path";

import { parseConversation, toTimestamp } from "../record/index.js";
import type { Conversation } from "../record/index.js";
import type { ConversationState } from "./conversation-state.js";
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
    if (found.conversation !== undefined) keepPublished(state, found.conversation, path);
    endSession(replay);
    const options = { replaces: isUnreadable ? undefined : found.identity, durable: true };
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

/** Takes from the published file what the journal lost, by damage or with a machine's power. */
function keepPublished(state: ConversationState, published: Conversation, path: string): void {
  const journaled = asRead(state, path);
  // Events have no id; two that are equal in every byte are taken for one.
  const knownEvents = new Set(journaled?.events.map((event) => JSON.stringify(event)));
  for (const message of published.conversation) {
    if (state.messages.find(message.id) ?? state.unspoken.find(message.id)) continue;
    state.messages.insert(message, message.seq);
  }
  for (const message of published.unspoken) {
    if (state.messages.find(message.id) ?? state.unspoken.find(message.id)) continue;
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
  integrity.dropped = Math.max(integrity.dropped, published.integrity.dropped);
}

/** Nobody closed it, so it ended with the last thing that is known of it. */
function endSession({ state, lastLineMs }: Replay): void {
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
