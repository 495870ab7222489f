import { readFileSync } from "node:fs";
import path from "node:path";
import {
  type ImportedConversation,
  type ImportOptions,
  type UnreadPart,
  readCalls,
} from "../../../src/import/index.js";
import { parseConversation } from "../../../src/record/index.js";

const FIXTURES = path.resolve(import.meta.dirname, "../fixtures");

export function readFixture(name: string): Buffer {
  return readFileSync(path.join(FIXTURES, name));
}

/** The calls of a file. Each document must be one that every reader takes. */
export async function importBytes(
  content: Buffer | string,
  name = "a-file",
  options?: ImportOptions,
): Promise<ImportedConversation[]> {
  return (await readParts(content, name, options)).calls;
}

/** The calls of a file, and what of it is no call. */
export async function readParts(
  content: Buffer | string,
  name = "a-file",
  options?: ImportOptions,
): Promise<{ calls: ImportedConversation[]; unread: UnreadPart[] }> {
  const calls: ImportedConversation[] = [];
  const unread: UnreadPart[] = [];
  for await (const call of readCalls(name, Buffer.from(content), options)) {
    if ("problem" in call) {
      unread.push(call);
      continue;
    }
    parseConversation(JSON.stringify(call.conversation), name);
    calls.push(call);
  }
  return { calls, unread };
}

/** The only call of a file. */
export async function importOne(
  content: Buffer | string,
  name?: string,
  options?: ImportOptions,
): Promise<ImportedConversation> {
  const [call, ...more] = await importBytes(content, name, options);
  if (call === undefined || more.length > 0)
    throw new Error(`expected one call, got ${more.length}`);
  return call;
}

export function importFixture(name: string): Promise<ImportedConversation> {
  return importOne(readFixture(name), name);
}

/** The words of a call as lines, with how much of a reply was heard. */
export function wordsOf({ conversation }: ImportedConversation): string[] {
  return conversation.conversation.map((message) => {
    const heard = message.role === "agent" ? ` (${message.delivery})` : "";
    return `${message.turn_id} ${message.role}: ${message.content}${heard}`;
  });
}
