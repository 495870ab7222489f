import { parentPort } from "node:worker_threads";
import { type CallToRead, type ReadRow, readRow } from "./read-row.js";

/** The calls that a worker should read. */
export interface RowJob {
  id: number;
  calls: readonly CallToRead[];
}

export interface RowJobDone {
  id: number;
  rows: ReadRow[];
}

const port = parentPort;

port?.on("message", (job: RowJob) => void answer(job));

async function answer(job: RowJob): Promise<void> {
  const done = await readJob(job);
  const parts = done.rows.flatMap(({ row }) => (row === undefined ? [] : Object.values(row)));
  // A buffer that two parts share can be transferred only once.
  port?.postMessage(done, [...new Set(parts.map(({ buffer }) => buffer as ArrayBuffer))]);
}

async function readJob({ id, calls }: RowJob): Promise<RowJobDone> {
  const rows: ReadRow[] = [];
  for (const call of calls) rows.push(await readRow(call));
  return { id, rows };
}
