import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { Conversation } from "../record/index.js";
import type { ConversationSource } from "./conversation-source.js";
import { type FolderSourceOptions, readFile } from "./folder-source.js";
import { readPage } from "./read-page.js";

/** A conversation, and the name by which it was asked for. */
export interface NamedConversation {
  /** The name as it was given: a path, or a name in the source. */
  name: string;
  conversation: Conversation;
}

/**
 * Reads the conversation that a user named by its file's path, or by its name in the source. The file
 * may be a page of `talktrace export --format html`.
 *
 * Rejects if there is none, or if it cannot be read.
 */
export async function readNamed(
  source: ConversationSource,
  given: string,
  options: FolderSourceOptions = {},
): Promise<NamedConversation> {
  if (!isPath(given)) return { name: given, conversation: await source.read(given) };
  const conversation = (await readPage(given)) ?? (await readFile(given, options));
  return { name: given, conversation };
}

/** Whether a given name is a path, and not a name in a source. */
export function isPath(given: string): boolean {
  return given.endsWith(".json") || basename(given) !== given || existsSync(given);
}
