import { type Conversation, RecordError } from "../../record/index.js";
import { pathsOf } from "../disk/file-names.js";
import { readConversation } from "../read/read-conversation.js";
import { StoreError } from "../read/store-error.js";
import { type CallFile, readPieces } from "./call-files.js";

/** What a call's spans can be told by, and what its document says of its state. */
export interface CallIds {
  sessionIds: string[];
  traceIds: string[];
  /** What the document says; undefined if nobody can read it. */
  status: Conversation["session"]["status"] | undefined;
}

const TRACE = /"trace_id":\s?"([0-9a-f]{32})"/g;
const SESSION = /"session":\s?\{\s*"id":\s?("(?:[^"\\]|\\.)*")/g;
/** Longer than what these expressions find. */
const OVERLAP_BYTES = 4096;

/**
 * The ids of a call, from its record, or from the bytes of its files if nobody can read the record.
 *
 * Rejects with the system's error if the disk fails.
 */
export async function readCallIds(
  directory: string,
  name: string,
  files: readonly CallFile[],
): Promise<CallIds> {
  try {
    const { conversation } = await readConversation(pathsOf(directory, name).json);
    const { session, conversation: messages, unspoken } = conversation;
    const traceIds = [session, ...messages, ...unspoken].flatMap(({ trace_id }) => trace_id ?? []);
    return {
      sessionIds: [session.id],
      traceIds: [...new Set(traceIds)],
      status: session.status,
    };
  } catch (error) {
    if (!(error instanceof RecordError) && !(error instanceof StoreError)) throw error;
    return await searchIds(files);
  }
}

async function searchIds(files: readonly CallFile[]): Promise<CallIds> {
  const sessionIds = new Set<string>();
  const traceIds = new Set<string>();
  for (const { path } of files) {
    for await (const piece of readPieces(path, OVERLAP_BYTES)) {
      const text = piece.toString("utf8");
      for (const [, id = ""] of text.matchAll(TRACE)) traceIds.add(id);
      for (const [, id = '""'] of text.matchAll(SESSION)) addParsed(sessionIds, id);
    }
  }
  return { sessionIds: [...sessionIds], traceIds: [...traceIds], status: undefined };
}

function addParsed(ids: Set<string>, json: string): void {
  try {
    ids.add(JSON.parse(json) as string);
  } catch {
    // Damage made it no string any more.
  }
}
