import { CONVERSATION_FORMAT } from "./conversation.js";
import { notAConversation, RecordError } from "./errors.js";
import { upgradeFrom0 } from "./upgrade-from-0.js";
import { upgradeFrom1 } from "./upgrade-from-1.js";

/** One step: upgrades a document to the next format. Its index in the list is the format that it takes. */
type Upgrader = (document: object, name: string) => object;

const UPGRADERS: readonly Upgrader[] = [upgradeFrom0, upgradeFrom1];

/**
 * Upgrades a parsed document of any known format to the current one, step by step. The result must
 * still be validated. `name` is the file's name, for messages and for facts that only the name holds.
 *
 * Throws a `RecordError` for a format from the future, for an unknown format, and if the document is no
 * conversation.
 */
export function upgrade(document: unknown, name: string): object {
  if (typeof document !== "object" || document === null) {
    const found = document === null ? "null" : `a ${typeof document}`;
    throw notAConversation(name, "", `expected a JSON object, found ${found}`);
  }
  let upgraded = document;
  for (const step of UPGRADERS.slice(formatOf(document, name))) upgraded = step(upgraded, name);
  return upgraded;
}

function formatOf(document: object, name: string): number {
  if (Array.isArray(document)) return 0;
  if (!("format" in document)) {
    if ("conversation" in document) return 0;
    throw notAConversation(name, "", 'it has neither a "format" nor a "conversation"');
  }
  const { format } = document;
  if (typeof format !== "number" || !Number.isInteger(format) || format < 0) {
    throw new RecordError(
      "FORMAT_UNKNOWN",
      `Cannot read conversation "${name}": its format is ${JSON.stringify(format)}, expected a whole number from 0 to ${CONVERSATION_FORMAT}`,
      { path: "/format" },
    );
  }
  if (format > CONVERSATION_FORMAT) {
    throw new RecordError(
      "FORMAT_FROM_FUTURE",
      `Cannot read conversation "${name}": it has format ${format}, this version of TalkTrace reads up to ${CONVERSATION_FORMAT}; update TalkTrace`,
      { path: "/format" },
    );
  }
  return format;
}
