import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { TalkTraceConfig } from "../../config/config.js";
import { type CallToRead, type ReadRow, loadRules, readRow } from "./read-row.js";
import type { RowWorkerData } from "./row-worker.js";

/** Reads calls and makes their rows, here or in worker threads. */
export interface RowReaders {
  /**
   * Returns one promise for each call, in the same order. Each is fulfilled as soon as its call was
   * read.
   */
  read(calls: readonly CallToRead[]): Promise<ReadRow>[];
  /** Ends the threads and gives up calls that are not read yet. */
  end(): void;
}

/** If there are fewer calls to read, a thread takes longer to start than it saves. */
const FEWEST_FOR_WORKERS = 32;
const CALLS_A_JOB = 8;
const MOST_WORKERS = 8;

/** @param config a user's own rules and limits, by which the findings are */
export function createRowReaders(config: TalkTraceConfig | undefined): RowReaders {
  let workers: JobRunner | undefined;
  let isOver = false;
  let last: Promise<unknown> = Promise.resolve();
  const rules = loadRules(config);
  const readHere = (call: CallToRead): Promise<ReadRow> => {
    const read = last.then(async () =>
      isOver ? { name: call.name, byteCount: 0 } : await readRow(call, await rules),
    );
    last = read;
    return read;
  };
  return {
    read(calls) {
      if (workers === undefined && calls.length >= FEWEST_FOR_WORKERS && hasWorkerFile())
        workers = startWorkers(config);
      const runner = workers;
      if (runner === undefined) return calls.map(readHere);
      return Array.from({ length: Math.ceil(calls.length / CALLS_A_JOB) }, (_, at) => {
        const job = calls.slice(at * CALLS_A_JOB, (at + 1) * CALLS_A_JOB);
        const done = runner.run(job);
        // The calls of a thread that died are read here.
        return job.map((call, place) => done.then((rows) => rows?.[place] ?? readHere(call)));
      }).flat();
    },
    end() {
      isOver = true;
      workers?.end();
    },
  };
}

/** Whether the worker's file exists. It does not if TypeScript runs without a build. */
function hasWorkerFile(): boolean {
  return import.meta.url.endsWith(".js");
}

interface JobRunner {
  /** Undefined if the thread died. */
  run(calls: readonly CallToRead[]): Promise<ReadRow[] | undefined>;
  end(): void;
}

interface OpenJob {
  calls: readonly CallToRead[];
  finish(rows: ReadRow[] | undefined): void;
}

/** Each thread has one job at a time. */
function startWorkers(config: TalkTraceConfig | undefined): JobRunner {
  const waiting: OpenJob[] = [];
  const idle: Worker[] = [];
  const threads = new Set<Worker>();
  const running = new Map<Worker, OpenJob>();
  const give = (): void => {
    while (idle.length > 0 && waiting.length > 0) {
      const [worker, job] = [idle.shift()!, waiting.shift()!];
      running.set(worker, job);
      worker.postMessage(job.calls, []);
    }
    if (threads.size === 0) for (const { finish } of waiting.splice(0)) finish(undefined);
  };
  const finish = (worker: Worker, rows: ReadRow[] | undefined): void => {
    running.get(worker)?.finish(rows);
    running.delete(worker);
  };
  for (let n = Math.min(MOST_WORKERS, availableParallelism()); n > 0; n -= 1) {
    const worker = new Worker(new URL("./row-worker.js", import.meta.url), {
      workerData: { config } satisfies RowWorkerData,
    });
    threads.add(worker);
    idle.push(worker);
    worker.on("message", (rows: ReadRow[]) => {
      finish(worker, rows);
      idle.push(worker);
      give();
    });
    worker.on("error", () => {
      threads.delete(worker);
      finish(worker, undefined);
      give();
    });
  }
  return {
    run: (calls) =>
      new Promise((resolve) => {
        waiting.push({ calls, finish: resolve });
        give();
      }),
    end() {
      for (const worker of threads) void worker.terminate();
    },
  };
}
