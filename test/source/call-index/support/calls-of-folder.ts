import { expect } from "vitest";
import type { TalkTraceConfig } from "../../../../src/config/index.js";
import { makeRules } from "../../../../src/config/make-rules.js";
import { type CallSummary, summarizeCall } from "../../../../src/insight/index.js";
import { type IndexSettings, readCalls } from "../../../../src/source/call-index/read-calls.js";
import { openFolderSource } from "../../../../src/source/index.js";

/** What a reader was told about one call. */
export interface Known {
  name: string;
  call?: object;
  error?: string;
}

/** All that a summary tells, as JSON. */
export function plain(from: CallSummary): object {
  const { session_id, status, close_reason, room, started_at, startedMs, duration_s } = from;
  const { agents, models, voices, languages, versions, version, tools, attributes, found } = from;
  const { user_messages, agent_messages, interruptions, median_wait_s, worst } = from;
  const { figures, replies, findings, messages, searchTexts } = from;
  return JSON.parse(
    JSON.stringify([
      [session_id, status, close_reason, room, started_at, startedMs, duration_s],
      [agents, models, voices, languages, versions, version, tools, attributes, found],
      [user_messages, agent_messages, interruptions, median_wait_s, worst],
      [figures, findings, messages, searchTexts],
      [[...replies.e2e_s], Object.entries(replies.stages_s).map(([name, each]) => [name, ...each])],
      [replies.names, Object.values(replies.keys).map((keys) => [...keys])],
      from.hasText(" the "),
    ]),
  ) as object;
}

/** What is told through the index. */
export async function readIndexed(
  folder: string,
  settings: IndexSettings,
  config?: TalkTraceConfig,
): Promise<Known[]> {
  const known: Known[] = [];
  for await (const { name, call, error } of readCalls(folder, { config }, settings))
    known.push(call === undefined ? { name, error: error.message } : { name, call: plain(call) });
  return known;
}

/** Every call read whole, without an index. */
export async function readWhole(folder: string, config?: TalkTraceConfig): Promise<Known[]> {
  const source = openFolderSource(folder);
  const rules = config && makeRules(config, () => expect.unreachable());
  const known: Known[] = [];
  for (const { name } of await source.list()) {
    try {
      const call = summarizeCall(name, await source.read(name), rules);
      known.push({ name, call: plain(call) });
    } catch (error) {
      known.push({ name, error: (error as Error).message });
    }
  }
  return known;
}
