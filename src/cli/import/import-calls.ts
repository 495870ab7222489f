import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { messageOf } from "../../platform/message-of.js";
import {
  type ImportedConversation,
  ImportError,
  type ImportOptions,
  UnknownFormError,
  describeKnownForms,
  readCalls,
} from "../../import/index.js";
import { type Conversation, type ImportedFrom, parseConversation } from "../../record/index.js";
import {
  type ConversationWriter,
  type DocumentHead,
  listDocumentHeads,
  openConversationWriter,
} from "../../store/index.js";
import type { ImportedCall } from "../text/imported-calls.js";
import { type FoundFile, findFiles } from "./find-files.js";

/** Imports files into one folder, each call once. */
export class CallImport {
  readonly #writer: ConversationWriter;
  /** The paths of documents by the file and the session that they come from. */
  readonly #known = new Map<string, string>();
  /** Files whose calls are in the folder, so that their twins need not be. */
  readonly #taken = new Set<string>();

  /** @param heads the documents that are in the folder */
  private constructor(directory: string, heads: readonly DocumentHead[]) {
    this.#writer = openConversationWriter(directory);
    for (const { name, sessionId, importedSha256 } of heads) {
      const path = resolve(directory, `${name}.json`);
      this.#known.set(ownKey(sessionId), path);
      if (importedSha256 !== undefined) this.#known.set(fileKey(importedSha256, sessionId), path);
    }
  }

  /** Rejects with a `StoreError` if the folder cannot be read. */
  static async open(directory: string): Promise<CallImport> {
    return new CallImport(directory, await listDocumentHeads(directory));
  }

  /** What became of the calls at a path: of a file, a ZIP, or a folder. */
  async *import(path: string, options?: ImportOptions): AsyncGenerator<ImportedCall, undefined> {
    for await (const file of findFiles(path)) yield* this.#importFile(file, options);
    return undefined;
  }

  async *#importFile(
    file: FoundFile,
    options: ImportOptions | undefined,
  ): AsyncGenerator<ImportedCall, undefined> {
    const { name, bytes, problem = "", isGiven, twin } = file;
    if (bytes === undefined) {
      yield { file: name, outcome: isGiven ? "refused" : "skipped", problem };
      return undefined;
    }
    if (twin !== undefined && this.#taken.has(twin)) {
      yield { file: name, outcome: "skipped", problem: `the same call is in ${twin}` };
      return undefined;
    }
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const ids = new Map<string, number>();
    let isUnread = false;
    try {
      for await (const call of readCalls(name, bytes, options)) {
        if ("problem" in call) {
          const { isSkipped = false, ...part } = call;
          isUnread = true;
          yield { file: name, outcome: isSkipped ? "skipped" : "refused", ...part };
          continue;
        }
        const source = { format: call.format, file: name, sha256 };
        const imported = await this.#importCall(withOneId(call, ids), source);
        if (imported.outcome === "imported" || imported.outcome === "known") this.#taken.add(name);
        yield imported;
      }
      if (ids.size === 0 && !isUnread) throw new ImportError("there is no call in it");
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      const isUnknown = error instanceof UnknownFormError;
      // In a folder there may be many such files, and one line each is enough.
      yield isUnknown && isGiven
        ? { file: name, outcome: "refused", problem: `${error.message}; ${describeKnownForms()}` }
        : { file: name, outcome: isUnknown ? "skipped" : "refused", problem: error.message };
    }
    return undefined;
  }

  async #importCall(call: ImportedConversation, source: ImportedFrom): Promise<ImportedCall> {
    const { conversation, missing, isUndated, hasOwnId = false } = call;
    const { session } = conversation;
    const { file, format, sha256 } = source;
    const key = fileKey(sha256, session.id);
    const known =
      this.#known.get(key) ?? (hasOwnId ? this.#known.get(ownKey(session.id)) : undefined);
    const facts = { file, format, session_id: session.id };
    if (known !== undefined) return { ...facts, outcome: "known", path: known };
    const imported_from = { ...source, ...(missing.length > 0 && { missing: [...missing] }) };
    const document: Conversation = { ...conversation, session: { ...session, imported_from } };
    const problem = findFault(document, file);
    if (problem !== undefined) return { ...facts, outcome: "refused", problem };
    const path = await this.#writer.write(document, { isUndated });
    this.#known.set(key, path).set(ownKey(session.id), path);
    const messages = conversation.conversation.length;
    return { ...facts, outcome: "imported", path, messages, missing: [...missing] };
  }
}

/** Why nobody could read a document back; undefined if it can be read. */
function findFault(document: Conversation, name: string): string | undefined {
  try {
    parseConversation(JSON.stringify(document), name);
    return undefined;
  } catch (error) {
    return `its values do not fit: ${messageOf(error)}`;
  }
}

/**
 * Two calls of a file may have the same id, or none of their own.
 *
 * @param ids the ids so far, each with the last number that was given after it
 */
function withOneId(call: ImportedConversation, ids: Map<string, number>): ImportedConversation {
  const { session } = call.conversation;
  let id = session.id;
  let number = ids.get(id) ?? 1;
  while (ids.has(id)) {
    number += 1;
    id = `${session.id}_${number}`;
  }
  ids.set(session.id, number);
  if (id === session.id) return call;
  ids.set(id, 1);
  return { ...call, conversation: { ...call.conversation, session: { ...session, id } } };
}

function fileKey(sha256: string, sessionId: string): string {
  return `${sha256} ${sessionId}`;
}

function ownKey(sessionId: string): string {
  return `own ${sessionId}`;
}
