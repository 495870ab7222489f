import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TalkTraceConfig } from "../../config/config.js";
import { type CallSummary, FINDING_LIMITS, RULES, summarizeCall } from "../../insight/index.js";
import { type Conversation, parseConversation, readPackageVersion } from "../../record/index.js";
import { type NamedFiles, nameConversations } from "../../store/index.js";
import type { CallOutcome, ReadCallsOptions } from "../conversation-source.js";
import { compareBeginnings } from "../order-calls.js";
import { isSameState, stateOfFile } from "./file-state.js";
import { type IndexFile, openIndexFile } from "./index-file.js";
import { IndexedCall } from "./indexed-call.js";
import { type IndexMake, PATH, eraseStaleRows, keepRows } from "./keep-rows.js";
import { placesOfIndex } from "./place-of-index.js";
import { type ReadRow, loadRules } from "./read-row.js";
import { ROW_VERSION, type Row } from "./row.js";
import { createRowReaders } from "./row-readers.js";

/** Calls are read in batches that grow, because a list shows only the first twenty. */
const FIRST_BATCH = 24;
const LARGEST_BATCH = 512;
/** Called with a line about a call that has a fault but can still be read. */
export interface FolderProblems {
  onProblem?: ((line: string) => void) | undefined;
}

/** Settings for tests. */
export interface IndexSettings {
  /** For how long a changed file may change again without a visible difference. */
  stepMs?: number;
  /**
   * A new index is written if at least this many calls, or bytes, were read that the last one did not
   * have.
   */
  worthCalls?: number;
  worthBytes?: number;
}

/**
 * The summaries of a folder's calls, newest first. A call whose file did not change is taken from the
 * index. All other calls are read, in worker threads if they are many, and kept.
 *
 * Rejects with a `StoreError` if the folder does not exist or cannot be read.
 */
export async function* readCalls(
  directory: string,
  { onProgress, onProblem, config }: ReadCallsOptions & FolderProblems = {},
  { stepMs, worthCalls = 64, worthBytes = 4 * 1024 * 1024 }: IndexSettings = {},
): AsyncGenerator<CallOutcome> {
  const files = orderFiles(directory, await nameConversations(directory));
  const make: IndexMake = { made: describeMake(config), hasOwnRules: config !== undefined };
  const index = openIndex(directory, make);
  const rules = await loadRules(config);
  const readers = createRowReaders(config);
  const read: ReadRow[] = [];
  const staleNames = new Set(namesWithoutFile(index, files));
  /** Calls that the index does not have as they are now. */
  const notKnown = new Set<string>();
  let isDamaged = false;
  const readAnew = (path: string, name: string): CallSummary => {
    isDamaged = true;
    return summarizeCall(name, readWhole(path), rules);
  };
  const startBatch = (from: number, size: number): (CallOutcome | Promise<ReadRow>)[] => {
    const batch = files.slice(from, from + size).map((file) => ({
      file,
      known: takeKnown(directory, file, index, { readAnew, staleNames }),
    }));
    const missing = batch.filter(({ known }) => known === undefined).map(({ file }) => file);
    for (const { name } of missing) notKnown.add(name);
    const reading = readers.read(
      missing.map(({ name, hasJournal }) => ({ directory, name, hasJournal, stepMs })),
    );
    return batch.map(({ known }) => known ?? reading.shift()!);
  };
  let done = 0;
  try {
    let size = FIRST_BATCH;
    let current = startBatch(0, size);
    for (let from = 0; from < files.length;) {
      from += size;
      size = Math.min(LARGEST_BATCH, size * 4);
      // The threads read the next batch while this one is used. A caller may want only the first batch.
      const next = from === FIRST_BATCH ? undefined : startBatch(from, size);
      for (const each of current) {
        const outcome = each instanceof Promise ? takeRead(await each) : each;
        done += 1;
        if (each instanceof Promise) onProgress?.(done, files.length);
        if (outcome !== undefined) yield outcome;
      }
      current = next ?? startBatch(from, size);
    }
  } finally {
    readers.end();
    const news = read.filter(({ state }) => state !== undefined);
    const byteCount = news.reduce((sum, each) => sum + each.byteCount, 0);
    const isWorthIt =
      news.length >= worthCalls || byteCount >= worthBytes || staleNames.size >= worthCalls;
    if (isDamaged || isWorthIt) keepRows(directory, make, files, index, read);
    if (index === undefined || staleNames.size + notKnown.size > 0)
      eraseStaleRows(directory, files, notKnown);
  }

  function takeRead(each: ReadRow): CallOutcome | undefined {
    read.push(each);
    const { name, row, error, problem } = each;
    if (problem !== undefined)
      onProblem?.(
        `The newest words of "${join(directory, `${name}.json`)}" may be missing: ${problem}`,
      );
    if (row !== undefined) return { name, call: callOfRow(directory, name, row) };
    return error === undefined ? undefined : { name, error: new Error(error) };
  }
}

/** Newest first. The time of the last change is read only for names without a start. */
function orderFiles(directory: string, files: readonly NamedFiles[]): NamedFiles[] {
  return files
    .map((file) => ({ file, dated: new LazilyDated(directory, file.name) }))
    .toSorted((a, b) => compareBeginnings(b.dated, a.dated))
    .map(({ file }) => file);
}

class LazilyDated {
  readonly name: string;
  readonly #directory: string;
  #modifiedMs: number | undefined;

  constructor(directory: string, name: string) {
    this.name = name;
    this.#directory = directory;
  }

  get modifiedMs(): number {
    this.#modifiedMs ??= modifiedMsOf(join(this.#directory, `${this.name}.json`));
    return this.#modifiedMs;
  }
}

function modifiedMsOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtime.getTime() ?? 0;
  } catch {
    return 0;
  }
}

function* namesWithoutFile(
  index: IndexFile | undefined,
  files: readonly NamedFiles[],
): Generator<string> {
  if (index === undefined) return;
  const names = new Set(files.map(({ name }) => name));
  for (const name of index.names()) if (!names.has(name)) yield name;
}

/** What is done about rows that cannot be used. */
interface RowProblems {
  /** Reads the call of a damaged row from its file. */
  readAnew(path: string, name: string): CallSummary;
  /** Takes the names of rows whose file is another one now. */
  staleNames: Set<string>;
}

/** The call from the index, if its file did not change. */
function takeKnown(
  directory: string,
  { name, hasDocument, hasJournal }: NamedFiles,
  index: IndexFile | undefined,
  { readAnew, staleNames }: RowProblems,
): CallOutcome | undefined {
  const kept = index?.get(name);
  if (kept === undefined || !hasDocument || hasJournal) return undefined;
  const path = join(directory, `${name}.json`);
  if (!isSameState(kept.state, stateOfFile(path))) {
    staleNames.add(name);
    return undefined;
  }
  if (kept.error !== undefined)
    return { name, error: new Error(kept.error.replaceAll(PATH, path)) };
  const row = { part: kept.part, readAnew: () => readAnew(path, name) };
  return { name, call: new IndexedCall(name, row) };
}

/** Reads a call whose row is damaged. @throws if the file cannot be read any more */
function readWhole(path: string): Conversation {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(
      `Cannot read conversation "${path}": the index is damaged here, and the file was removed or closed to you meanwhile; run the command again`,
      { cause },
    );
  }
  return parseConversation(text, path);
}

/** A row that was made now is in memory, so only a fault of this program can damage it. */
function callOfRow(directory: string, name: string, row: Row): CallSummary {
  const readAnew = (): CallSummary => {
    throw new Error(
      `Cannot read conversation "${join(directory, `${name}.json`)}": what was read of it cannot be used; run the command again, and report it if that does not help`,
    );
  };
  return new IndexedCall(name, { part: (part) => row[part], readAnew });
}

function openIndex(directory: string, { made, hasOwnRules }: IndexMake): IndexFile | undefined {
  for (const place of placesOfIndex(directory, hasOwnRules)) {
    const opened = openIndexFile(place, made);
    if (opened !== undefined) return opened;
  }
  return undefined;
}

/** What a row depends on beside its file. If any of these differs, a new index is made. */
function describeMake(config: TalkTraceConfig | undefined): string {
  const { node, icu, unicode } = process.versions;
  const make = [
    ROW_VERSION,
    readPackageVersion(),
    FINDING_LIMITS,
    RULES,
    node,
    icu,
    unicode,
    config,
  ];
  return createHash("sha256").update(JSON.stringify(make)).digest("hex");
}
