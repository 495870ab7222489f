import { join, resolve } from "node:path";

import type { Conversation, Message, UnspokenMessage } from "../../record/index.js";
import { beginConversation } from "../document/conversation-state.js";
import { measure } from "../document/measure.js";
import { renderDocument } from "../document/render-document.js";
import { createWhole } from "../disk/exclusive-file.js";
import { faultCode } from "../disk/fault.js";
import { nameConversation, pathsOf } from "../disk/file-names.js";
import {
  closeFile,
  makeFolderStep,
  quietly,
  statPath,
  syncAll,
  syncFolder,
} from "../disk/file-steps.js";
import { runLater } from "../disk/steps.js";
import type { Steps } from "../disk/steps.js";

/** Writes whole conversations into a folder. */
export interface ConversationWriter {
  /**
   * Writes a conversation under the next free name of its start, and returns the path. The file appears
   * whole or not at all, for its owner alone.
   *
   * Rejects with the file system's error.
   */
  write(conversation: Conversation, options?: WriteOptions): Promise<string>;
}

export interface WriteOptions {
  /**
   * The name gets no date, because the call's start is not known. Otherwise a removal of old recordings
   * would take the call for one of 1970.
   */
  isUndated?: boolean | undefined;
}

export function openConversationWriter(directory: string): ConversationWriter {
  const folder = resolve(directory);
  /** How many names of a start were taken, so that a thousand calls of one second cost a thousand looks. */
  const attempts = new Map<string, number>();
  return {
    write: (conversation, { isUndated = false } = {}) =>
      runLater(writeWhole(folder, conversation, isUndated, attempts)),
  };
}

function* writeWhole(
  folder: string,
  conversation: Conversation,
  isUndated: boolean,
  attempts: Map<string, number>,
): Steps<string> {
  yield* makeFolderStep(folder);
  const document = render(conversation);
  const startedAt = isUndated ? "" : conversation.session.started_at;
  const first = nameConversation(startedAt, 1);
  for (let attempt = (attempts.get(first) ?? 0) + 1; ; attempt += 1) {
    attempts.set(first, attempt);
    const name = nameConversation(startedAt, attempt);
    const { json, journal, text } = pathsOf(folder, name);
    // Tags of a call that is gone would become this call's.
    if (yield* isAnyTaken([json, journal, text, join(folder, `${name}.tags.json`)])) continue;
    try {
      const { fd } = yield* createWhole(json, document);
      try {
        yield* syncAll(fd);
      } finally {
        yield* quietly(closeFile(fd));
      }
      yield* syncFolder(folder);
      return json;
    } catch (error) {
      // Another process took the name.
      if (faultCode(error) !== "EEXIST") throw error;
    }
  }
}

function* isAnyTaken(paths: readonly string[]): Steps<boolean> {
  for (const path of paths) if ((yield* statPath(path)) !== undefined) return true;
  return false;
}

/** The document in the same layout as one that was recorded here. */
function render(conversation: Conversation): Buffer[] {
  const { session, integrity } = conversation;
  const state = beginConversation(session);
  state.session = session;
  Object.assign(state.integrity, integrity);
  for (const message of conversation.conversation) state.messages.insert(message, orderOf(message));
  for (const message of conversation.unspoken) state.unspoken.insert(message, orderOf(message));
  for (const [index, event] of conversation.events.entries()) state.events.insert(event, index);
  return renderDocument(state, measure(state));
}

function orderOf({ seq }: Message | UnspokenMessage): number {
  return seq;
}
