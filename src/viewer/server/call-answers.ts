import { existsSync } from "node:fs";
import { basename } from "node:path";
import {
  type CallStatistics,
  type CallSummary,
  type Comparison,
  LATENCY_GROUPINGS,
  type LatencyGrouping,
  type PairComparison,
  collectStatistics,
  compareCalls,
  comparePair,
  summarizeCall,
  toListedCall,
  viewConversation,
  viewLanes,
} from "../../insight/index.js";
import { messageOf } from "../../platform/message-of.js";
import { isLeftBehind } from "../../store/index.js";
import type { CallAnswer, CallRow, CallsAnswer } from "../view-answers.js";
import type { CallMemory } from "./call-memory.js";
import type { CallReader } from "./call-reader.js";

/** The request asks for something that is not there. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}

/** The request cannot be understood. */
export class RequestError extends Error {
  override readonly name = "RequestError";
}

/** The answers of the page. They use the functions of the commands, so the figures are the same. */
export interface CallAnswers {
  list(query: string, offset: number, limit: number): Promise<CallsAnswer>;
  /** Rejects with a `NotFoundError` if there is no such call. */
  show(name: string): Promise<CallAnswer>;
  count(query: string, by: string): Promise<CallStatistics>;
  /** Two queries, or the names of two calls. */
  compare(a: string, b: string): Promise<Comparison | PairComparison>;
}

export function answerCalls(reader: CallReader, memory: CallMemory): CallAnswers {
  return {
    list: (query, offset, limit) => listCalls(reader, memory, query, offset, limit),
    show: (name) => showCall(reader, name),
    async count(query, by) {
      const grouping = LATENCY_GROUPINGS.find((each) => each === by);
      if (grouping === undefined)
        throw new RequestError(`Replies are told apart by ${LATENCY_GROUPINGS.join(", ")}`);
      return await countCalls(reader, memory, query, grouping);
    },
    async compare(a, b) {
      if (hasCall(reader, a) && hasCall(reader, b))
        return comparePair([a, await reader.read(a)], [b, await reader.read(b)], reader.config);
      return await compareQueries(reader, memory, a, b);
    },
  };
}

async function listCalls(
  reader: CallReader,
  memory: CallMemory,
  query: string,
  offset: number,
  limit: number,
): Promise<CallsAnswer> {
  const { fits } = reader.parseQuery(query);
  const answer: CallsAnswer = { query, total: 0, bad: 0, warn: 0, calls: [], unreadable: [] };
  for await (const { name, call, error } of memory.readCalls()) {
    if (call === undefined) {
      if (query.trim() === "") answer.unreadable.push({ name, reason: messageOf(error) });
      continue;
    }
    if (!fits(call)) continue;
    if (answer.total >= offset && answer.calls.length < limit) answer.calls.push(toRow(call));
    answer.total += 1;
    if (call.worst === "bad") answer.bad += 1;
    if (call.worst === "warn") answer.warn += 1;
    if (call.status === "open" && answer.live === undefined && (await isRunning(reader, name)))
      answer.live = name;
  }
  return answer;
}

/** Long words make a long list, and a row has room for some. */
const FIRST_WORDS = 160;

function toRow(call: CallSummary): CallRow {
  const words = call.messages.find(({ role, content }) => role === "user" && content !== "");
  return {
    ...toListedCall(call),
    ...(words !== undefined && { first_words: words.content.slice(0, FIRST_WORDS) }),
  };
}

async function isRunning(reader: CallReader, name: string): Promise<boolean> {
  const path = reader.pathOf?.(name);
  return path === undefined || !(await isLeftBehind(path).catch(() => false));
}

/** A name is one of the source, and never a path: a request reaches nothing outside the folder. */
function hasCall(reader: CallReader, name: string): boolean {
  const isName =
    name !== "" && name === basename(name) && !/[\\/\0]/.test(name) && !name.startsWith(".");
  const path = isName ? reader.pathOf?.(name) : undefined;
  return isName && (path === undefined || existsSync(path) || existsSync(journalOf(path)));
}

function journalOf(path: string): string {
  return path.replace(/\.json$/, ".journal");
}

async function showCall(reader: CallReader, name: string): Promise<CallAnswer> {
  if (!hasCall(reader, name)) throw new NotFoundError(`There is no call "${name}"`);
  const conversation = await reader.read(name);
  const file = reader.pathOf?.(name);
  const isDead =
    conversation.session.status === "open" && file !== undefined && (await isLeftBehind(file));
  const view = viewConversation(conversation, undefined, { ...reader.config, isDead });
  const sidecar = await reader.readSidecarOf(name);
  return {
    ...(file !== undefined && { file }),
    ...(isDead && { left_behind: true }),
    ...conversation,
    metrics: view.summary.figures,
    findings: view.findings,
    ...(sidecar !== undefined && { sidecar }),
    timeline: view.entries,
    lanes: viewLanes(conversation, view.entries),
  };
}

async function countCalls(
  reader: CallReader,
  memory: CallMemory,
  query: string,
  by: LatencyGrouping,
): Promise<CallStatistics> {
  const { fits } = reader.parseQuery(query);
  const collector = collectStatistics(by);
  for await (const { call } of memory.readCalls())
    if (call !== undefined && fits(call)) collector.add(call);
  return collector.answer();
}

async function compareQueries(
  reader: CallReader,
  memory: CallMemory,
  a: string,
  b: string,
): Promise<Comparison> {
  const sides = [a, b].map((given) => ({ given, calls: [] as CallSummary[] }));
  const [sideA, sideB] = sides as [(typeof sides)[number], (typeof sides)[number]];
  const waiting = [];
  for (const side of sides) {
    if (hasCall(reader, side.given))
      side.calls.push(summarizeCall(side.given, await reader.read(side.given), reader.config));
    else waiting.push({ ...side, fits: reader.parseQuery(side.given).fits });
  }
  for await (const { call } of memory.readCalls())
    for (const { calls, fits } of waiting) if (call !== undefined && fits(call)) calls.push(call);
  const empty = sides.find(({ calls }) => calls.length === 0);
  if (empty !== undefined) throw new RequestError(`Cannot compare: no call fits "${empty.given}"`);
  return compareCalls(sideA.calls, sideB.calls);
}
