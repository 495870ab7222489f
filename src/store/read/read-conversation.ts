import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { parseConversation } from "../../record/index.js";
import type { Conversation } from "../../record/index.js";
import { asRead } from "../document/render-document.js";
import { describeFault, faultCode } from "../disk/fault.js";
import { parseClaim } from "../disk/file-names.js";
import { isOurEnd } from "../journal/final-document.js";
import { replayInTurns } from "../journal/replay.js";
import { mergePublished } from "../journal/merge-published.js";
import { readRegularFile } from "../disk/regular-file.js";
import { StoreError } from "./store-error.js";
import { JOURNAL_FAULTS, explainMissing } from "./why-missing.js";

export interface ReadConversation {
  conversation: Conversation;
  /** `journal`: the file was missing or unreadable, or the journal had more. */
  origin: "file" | "journal";
  /** Why the journal beside the file was not asked, so that the newest words may be missing. */
  problem?: string;
}

/**
 * Reads a conversation by the path of its JSON file. For an open conversation, or one whose process
 * died, the journal is read too, so that nothing acknowledged is missing.
 *
 * Rejects with a `RecordError` if the file is no conversation and no journal helps. Rejects with a
 * `StoreError` if it cannot be read at all.
 */
export async function readConversation(path: string): Promise<ReadConversation> {
  const file = await readDocument(path);
  const published = "conversation" in file ? file.conversation : undefined;
  const { journaled, problem } = await readJournalOf(path, published);
  const asFile = (conversation: Conversation): ReadConversation => ({
    conversation,
    origin: "file",
    ...(problem !== undefined && { problem }),
  });
  if (!("conversation" in file)) {
    if (journaled === undefined)
      throw faultCode(file.error) === "ENOENT"
        ? await explainMissing(path, file.error)
        : file.error;
    return { conversation: journaled, origin: "journal" };
  }
  if (isOver(file.conversation)) {
    return journaled === undefined
      ? asFile(file.conversation)
      : { conversation: journaled, origin: "journal" };
  }
  if (journaled !== undefined) {
    return holdsMore(journaled, file.conversation)
      ? { conversation: journaled, origin: "journal" }
      : asFile(file.conversation);
  }
  // Between the two reads the session may have closed, which removes the journal.
  const again = await readDocument(path);
  const found = "conversation" in again ? again.conversation : file.conversation;
  return isOver(found) ? { conversation: found, origin: "file" } : asFile(found);
}

async function readDocument(
  path: string,
): Promise<{ conversation: Conversation } | { error: unknown }> {
  let text: string;
  try {
    text = (await readRegularFile(path)).toString("utf8");
  } catch (cause) {
    if (faultCode(cause) === "ENOENT") return { error: cause };
    const message = `Cannot read conversation "${path}": ${describeFault(cause)}`;
    return { error: new StoreError("UNREADABLE", message, cause) };
  }
  try {
    return { conversation: parseConversation(text, path) };
  } catch (error) {
    return { error };
  }
}

function isOver({ session }: Conversation): boolean {
  return session.status !== "open";
}

/**
 * The journal's conversation. If the journal is damaged, the published file adds what it lost.
 * Undefined if the file was published at the session's end.
 */
async function readJournalOf(
  path: string,
  published: Conversation | undefined,
): Promise<{ journaled?: Conversation | undefined; problem?: string | undefined }> {
  const isFinal = published !== undefined && isOver(published);
  // Most conversations are over. Their claimed journals are not searched, because that reads the folder
  // each time.
  const { name, bytes, fault } = await readJournalBytes(
    path,
    !isFinal || published.integrity.line !== undefined,
  );
  if (fault !== undefined) return { problem: `"${name}" cannot be read: ${fault}` };
  if (bytes === undefined) return {};
  const replay = await replayInTurns(bytes);
  if (typeof replay === "string") return { problem: `"${name}" ${JOURNAL_FAULTS[replay]}` };
  const { state, damagedLines } = replay;
  const isOurs = published?.session.id === state.session.id;
  if (isFinal && (!isOurs || isOurEnd(replay, published, path))) return {};
  if (damagedLines > 0 && isOurs) mergePublished(replay, published, path);
  return { journaled: asRead(state, path) };
}

/** The journal of a document, even while it is being recovered; undefined if there is none. */
async function readJournalBytes(
  path: string,
  withClaims: boolean,
): Promise<{ name: string; bytes?: Buffer; fault?: string }> {
  const conversationName = basename(path, ".json");
  const directory = dirname(path);
  const name = `${conversationName}.journal`;
  const own = await readIfThere(join(directory, name));
  if (own.bytes !== undefined || own.fault !== undefined || !withClaims) return { name, ...own };
  const fileNames = await readdir(directory).catch(() => []);
  const claimed = fileNames.find((fileName) => parseClaim(fileName)?.name === conversationName);
  if (claimed === undefined) return { name };
  return { name: claimed, ...(await readIfThere(join(directory, claimed))) };
}

async function readIfThere(path: string): Promise<{ bytes?: Buffer; fault?: string }> {
  try {
    return { bytes: await readRegularFile(path) };
  } catch (error) {
    return faultCode(error) === "ENOENT" ? {} : { fault: describeFault(error) };
  }
}

/**
 * Whether the journal has more than its file. It is usually ahead, but has fewer entries if the disk
 * refused it. If both have the same, the file is used, because people see it.
 */
function holdsMore(journaled: Conversation, published: Conversation): boolean {
  if (countEntries(journaled) < countEntries(published)) return false;
  // Only an open conversation has the number of its last line.
  const { line: lastLine = Infinity } = journaled.integrity;
  if (lastLine < (published.integrity.line ?? 0)) return false;
  return recordedIn(journaled) !== recordedIn(published);
}

function countEntries({ conversation, unspoken, events }: Conversation): number {
  return conversation.length + unspoken.length + events.length;
}

/** The recorded content without the figures, which the published file may compute later. */
function recordedIn(record: Conversation): string {
  const { conversation, unspoken, events, session } = record;
  const { line: _line, ...integrity } = record.integrity;
  return JSON.stringify([conversation, unspoken, events, session, integrity]);
}
