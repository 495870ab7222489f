import { parentPort, workerData } from "node:worker_threads";
import type { TalkTraceConfig } from "../../config/config.js";
import { type CallToRead, type ReadRow, loadRules, readRow } from "./read-row.js";

/** What a thread is started with. */
export interface RowWorkerData {
  config: TalkTraceConfig | undefined;
}

const port = parentPort;
const { config } = workerData as RowWorkerData;
const rules = await loadRules(config);

port?.on("message", (calls: readonly CallToRead[]) => void answer(calls));

async function answer(calls: readonly CallToRead[]): Promise<void> {
  const read: ReadRow[] = [];
  for (const call of calls) read.push(await readRow(call, rules));
  const parts = read.flatMap(({ row }) => (row === undefined ? [] : Object.values(row)));
  // A buffer that two parts share can be transferred only once.
  port?.postMessage(read, [...new Set(parts.map(({ buffer }) => buffer as ArrayBuffer))]);
}
