import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { Conversation } from "../record/index.js";
import type { ConversationSource } from "./conversation-source.js";
import { type FolderSourceOptions, readFile } from "./folder-source.js";

/** A conversation and how people name it. */
export interface NamedConversation {
  /** As it was asked for: a path, or the name in its source. */
  name: string;
  conversation: Conversation;
}

/**
 * The conversation that somebody named: the path of its file, or its name in the source.
 *
 * Rejects where there is none, or it cannot be read.
 */
export async function readNamed(
  source: ConversationSource,
  given: string,
  options: FolderSourceOptions = {},
): Promise<NamedConversation> {
  const conversation = isPath(given) ? await readFile(given, options) : await source.read(given);
  return { name: given, conversation };
}

/** Whether what somebody named is a path, rather than a name in a source. */
export function isPath(given: string): boolean {
  return given.endsWith(".json") || basename(given) !== given || existsSync(given);
}
