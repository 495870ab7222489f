import { lstat } from "node:fs/promises";
import { dirname } from "node:path";

import { parseConversation, RecordError, toTimestamp } from "../../record/index.js";
import type { Conversation } from "../../record/index.js";
import { beginConversation } from "../document/conversation-state.js";
import { renderDocument } from "../document/render-document.js";
import { identityOf } from "../disk/exclusive-file.js";
import type { FileIdentity } from "../disk/exclusive-file.js";
import { faultCode } from "../disk/fault.js";
import { measure } from "../document/measure.js";
import { pathsOf } from "../disk/file-names.js";
import { FILE_LIMITS } from "../disk/limits.js";
import { APPEND, closeFile, openFile, statPath, syncAll, syncFolder } from "../disk/file-steps.js";
import { isOurEnd } from "../journal/final-document.js";
import type { Replay } from "../journal/replay.js";
import { isEdited, mergePublished, mayKnowMore } from "../journal/merge-published.js";
import { replaceFile } from "../disk/replace-file.js";
import { readRegularFile } from "../disk/regular-file.js";
import { runLater } from "../disk/steps.js";
import type { Steps } from "../disk/steps.js";
import { instantOf } from "../document/timeline.js";
import { offsetMinutesOf } from "../document/timestamp-form.js";

/** The path of a conversation, and the new name of a foreign file that was there. */
export interface Restored {
  path: string;
  keptAside?: string;
}

/**
 * Publishes a replayed conversation under its name, synced to the disk. A file that was published at
 * the session's end is not written again. Another session's file is never replaced: the next free
 * suffix is taken.
 */
export async function restoreConversation(
  directory: string,
  name: string,
  replay: Replay,
  { maxBytes, mode }: { maxBytes: number; mode: number },
): Promise<Restored> {
  const { state } = replay;
  for (let attempt = 1; ; attempt += 1) {
    const path = pathsOf(directory, attempt === 1 ? name : `${name}_${attempt}`).json;
    const { identity, conversation, isBlank } = await readFound(path, maxBytes);
    if (conversation !== undefined && conversation.session.id !== state.session.id) continue;
    const isUnreadable = identity !== undefined && conversation === undefined;
    if (isUnreadable && attempt > 1) continue;
    const isFinal = conversation !== undefined && conversation.session.status !== "open";
    if (isFinal && isOurEnd(replay, conversation, path)) {
      await runLater(syncFile(path));
      return { path };
    }
    let isForeign = (isUnreadable && isBlank !== true) || isFinal;
    if (conversation !== undefined) {
      if (mayKnowMore(conversation, replay)) mergePublished(replay, conversation, path);
      else isForeign ||= isEdited(replay, conversation, path);
    }
    endSession(replay);
    const options = { replaces: isForeign ? undefined : identity, durable: true, mode };
    const document = renderDocument(state, measure(state));
    const { keptAside } = await runLater(replaceFile(path, document, options));
    await runLater(syncFolder(directory));
    return { path, ...(keptAside !== undefined && { keptAside }) };
  }
}

/** Errors of an existing file that no later recovery could read either. */
const NEVER_READABLE = new Set(["EACCES", "EPERM", "ERR_FS_FILE_TOO_LARGE", "ERR_STRING_TOO_LONG"]);

interface Found {
  identity?: FileIdentity;
  conversation?: Conversation;
  /** It is empty or all zeros, as a power failure leaves a document that was not synced yet. */
  isBlank?: boolean;
}

/**
 * The file at a path, without `conversation` if it holds none.
 *
 * Rejects with a fault of the disk, because the next recovery may be able to read the file.
 */
async function readFound(path: string, maxBytes: number): Promise<Found> {
  const stats = await runLater(statPath(path));
  if (stats === undefined) return {};
  const identity = identityOf(stats);
  if (!stats.isFile() || stats.size > FILE_LIMITS.maxBytes) return { identity };
  try {
    const bytes = await readRegularFile(path, { followLinks: false, maxBytes });
    if (bytes.every((byte) => byte === 0)) return { identity, isBlank: true };
    return { identity, conversation: parseConversation(bytes.toString("utf8"), path) };
  } catch (error) {
    if (error instanceof RecordError || NEVER_READABLE.has(faultCode(error) ?? "")) {
      return { identity };
    }
    throw error;
  }
}

/**
 * Completes a conversation that has only its file and no journal. Returns the number of its messages.
 * `undefined` if the file is no open conversation; then it stays as it is.
 */
export async function restoreDocument(path: string, maxBytes: number): Promise<number | undefined> {
  const { identity, conversation } = await readFound(path, maxBytes);
  if (identity === undefined || conversation?.session.status !== "open") return undefined;
  const { status: _status, ...session } = conversation.session;
  const state = beginConversation(session);
  const mode = (await lstat(path)).mode & 0o777;
  const lastLineMs = Number(identity.modifiedNs / 1_000_000n);
  mergePublished({ state, changes: new Map(), sessionChanges: [] }, conversation, path);
  endSession({ state, lastLineMs });
  const document = renderDocument(state, measure(state));
  await runLater(replaceFile(path, document, { replaces: identity, durable: true, mode }));
  await runLater(syncFolder(dirname(path)));
  return state.messages.size;
}

/** Nobody closed the session, so its last message or line counts as its end. */
function endSession({ state, lastLineMs }: Pick<Replay, "state" | "lastLineMs">): void {
  if (state.session.status !== "open") return;
  const spoken = state.messages.items().map((message) => instantOf(message.timestamp) ?? 0);
  const endMs = spoken.reduce((latest, instant) => Math.max(latest, instant), lastLineMs);
  const ended_at = toTimestamp(endMs, offsetMinutesOf(state.session.started_at));
  state.session = { ...state.session, status: "recovered", ended_at };
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
