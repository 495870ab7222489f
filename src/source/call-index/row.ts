import { crc32 } from "node:zlib";
import {
  type CallHead,
  type CallSummary,
  REPLY_KEYS,
  type ReplyTable,
  STAGE_NAMES,
} from "../../insight/index.js";

/**
 * The parts of a row. Each one is read alone, because a list needs no words, and statistics need no
 * messages.
 */
export const PARTS = ["head", "figures", "findings", "replies", "messages", "words"] as const;
export type Part = (typeof PARTS)[number];

/**
 * A call as bytes. The length of each part is a multiple of eight, so that columns can be read in
 * place.
 */
export type Row = { readonly [part in Part]: Uint8Array };

/** Increased with each change of a row's content, or of how it is computed. */
export const ROW_VERSION = 3;

/** The bytes of a part are not the bytes that were written. */
export class DamagedRowError extends Error {
  override readonly name = "DamagedRowError";
}

/** The bytes of a call. Pure. */
export function encodeRow(call: CallSummary): Row {
  const { replies, figures, findings, messages, searchTexts } = call;
  const head: CallHead = {
    session_id: call.session_id,
    status: call.status,
    close_reason: call.close_reason,
    room: call.room,
    started_at: call.started_at,
    startedMs: call.startedMs,
    duration_s: call.duration_s,
    agents: call.agents,
    models: call.models,
    voices: call.voices,
    languages: call.languages,
    versions: call.versions,
    version: call.version,
    tools: call.tools,
    attributes: call.attributes,
    demo: call.demo,
    user_messages: call.user_messages,
    agent_messages: call.agent_messages,
    interruptions: call.interruptions,
    median_wait_s: call.median_wait_s,
    found: call.found,
    worst: call.worst,
  };
  return {
    head: toBytes(JSON.stringify([head, replies.names])),
    figures: toBytes(JSON.stringify(figures)),
    findings: toBytes(JSON.stringify(findings)),
    replies: encodeReplies(replies),
    messages: toBytes(JSON.stringify(messages)),
    words: toBytes(searchTexts.join("\n"), "\0"),
  };
}

/** The bytes of a text, filled up with spaces, which JSON allows. */
function toBytes(text: string, filling = " "): Uint8Array {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafeSlow(Math.max(8, Math.ceil(length / 8) * 8)).fill(filling);
  bytes.write(text);
  return bytes;
}

/** The number of replies and their stages, then one column after the other. */
function encodeReplies({ e2e_s, stages_s, keys }: ReplyTable): Uint8Array {
  const n = e2e_s.length;
  const stages = STAGE_NAMES.filter((name) => stages_s[name] !== undefined);
  const columns = [e2e_s, ...stages.map((name) => stages_s[name]!)];
  const keyBytes = Math.ceil((n * REPLY_KEYS.length * 4) / 8) * 8;
  const bytes = new Uint8Array(8 + columns.length * n * 8 + keyBytes);
  const mask = stages.reduce((bits, name) => bits | (1 << STAGE_NAMES.indexOf(name)), 0);
  new Uint32Array(bytes.buffer, 0, 2).set([n, mask]);
  for (const [at, column] of columns.entries())
    new Float64Array(bytes.buffer, 8 + at * n * 8, n).set(column);
  const from = 8 + columns.length * n * 8;
  for (const [at, key] of REPLY_KEYS.entries())
    new Uint32Array(bytes.buffer, from + at * n * 4, n).set(keys[key]);
  return bytes;
}

/** Reads the replies from `encodeRow()`, in place if the bytes begin at a multiple of eight. */
export function decodeReplies(given: Uint8Array, names: string[]): ReplyTable {
  const bytes = given.byteOffset % 8 === 0 ? given : given.slice();
  const { buffer, byteOffset } = bytes;
  const [n = 0, mask = 0] = new Uint32Array(buffer, byteOffset, 2);
  let at = byteOffset + 8;
  const take = (): Float64Array => {
    const column = new Float64Array(buffer, at, n);
    at += n * 8;
    return column;
  };
  const e2e_s = take();
  const stages_s: ReplyTable["stages_s"] = {};
  for (const [bit, name] of STAGE_NAMES.entries()) if (mask & (1 << bit)) stages_s[name] = take();
  const keyAt = (place: number): Uint32Array => new Uint32Array(buffer, at + place * n * 4, n);
  const [agent, stt, llm, tts, hour] = [keyAt(0), keyAt(1), keyAt(2), keyAt(3), keyAt(4)];
  return { e2e_s, stages_s, names, keys: { agent, stt, llm, tts, hour } };
}

/** The checksum of a part. */
export function checksumOf(bytes: Uint8Array): number {
  return crc32(bytes);
}
