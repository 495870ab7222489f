import { basename } from "node:path";
import type { CompiledConfig } from "../config/make-rules.js";
import { type CallSummary, type Query, RULES, parseQuery } from "../insight/index.js";
import { messageOf } from "../platform/message-of.js";
import type { Sidecar } from "../record/index.js";
import {
  type CallOutcome,
  type ConversationSource,
  type NamedConversation,
  isPath,
  readNamed,
} from "../source/index.js";
import { readSidecar } from "../store/index.js";
import type { CommandRun } from "./command-run.js";

/** A source that also reports conversations that cannot be read. */
export interface CommandSource extends ConversationSource {
  /** The content of `talktrace.config.json`, if there is one. */
  readonly config: CompiledConfig | undefined;
  /** Parses a query, in which `finding:` may name the config's own rules. @throws {QueryError} */
  parseQuery(text: string): Query;
  /** The names of all rules, including the config's own. */
  readonly rules: readonly string[];
  /** Reads a conversation by its file's path or by its name in the source. Rejects if it cannot be read. */
  readNamed(given: string): Promise<NamedConversation>;
  /**
   * What people say about a conversation. A sidecar that cannot be read is reported on stderr and left
   * out.
   */
  readSidecarOf(given: string): Promise<Sidecar | undefined>;
  /**
   * Like `readNamed()`, and also returns the path of its file and its name there. Rejects if the source
   * has no files, because tags and notes are kept beside files.
   */
  locate(given: string | undefined): Promise<LocatedConversation>;
  /**
   * Every conversation, newest first, one at a time, because all together may not fit into memory. One
   * that cannot be read is reported on stderr and left out, and the exit code becomes 1.
   */
  readAll(): AsyncGenerator<NamedConversation>;
  /**
   * The summary of every call, newest first. One that cannot be read is reported on stderr and left
   * out, and the exit code becomes 1. Rejects if there is no such folder.
   */
  readSummaries(): AsyncGenerator<CallSummary>;
}

/** A conversation and the path of its file. */
export interface LocatedConversation extends NamedConversation {
  path: string;
}

async function locate(
  source: ConversationSource,
  given: string | undefined,
): Promise<LocatedConversation> {
  const named = given ?? (await source.list())[0]?.name;
  if (named === undefined) throw new Error(`There is no call in "${source.name}"`);
  const { conversation } = await readNamed(source, named);
  const path = isPath(named) ? named : source.pathOf?.(named);
  if (path === undefined)
    throw new Error(`"${source.name}" keeps no files; name the call by its file`);
  return { name: basename(path, ".json"), path, conversation };
}

/** What a source needs of a command's run. */
type SourceRun = Pick<CommandRun, "report" | "setExitCode" | "showProgress">;

/** As many of as many calls were read. */
const ALL_READ = 0;

/** Tags and verdicts change without a change of the call, so no index has them. */
async function* readCallsWithSidecars(
  source: ConversationSource,
  run: SourceRun,
  config: CompiledConfig | undefined,
): AsyncGenerator<CallOutcome> {
  const sidecars = await source.readSidecars?.();
  for (const sidecar of sidecars?.values() ?? []) {
    if (!(sidecar instanceof Error)) continue;
    run.report(`${sidecar.message}; what it says is left out`);
    run.setExitCode(1);
  }
  const options = { config: config?.config, onProgress: run.showProgress };
  try {
    for await (const outcome of source.readCalls(options)) {
      const sidecar = sidecars?.get(outcome.name);
      if (outcome.call !== undefined && sidecar !== undefined && !(sidecar instanceof Error))
        outcome.call.sidecar = sidecar;
      yield outcome;
    }
  } finally {
    run.showProgress(ALL_READ, ALL_READ);
  }
}

/** A source in the form for commands. `config` holds the user's own rules and limits. */
export function createCommandSource(
  source: ConversationSource,
  run: SourceRun,
  config: CompiledConfig | undefined,
): CommandSource {
  const rules = [...new Set([...RULES, ...(config?.rules ?? []).map(({ name }) => name)])];
  return {
    ...source,
    rules,
    config,
    parseQuery: (text) => parseQuery(text, new Date(), rules),
    readCalls: () => readCallsWithSidecars(source, run, config),
    readNamed: (given) => readNamed(source, given, { onProblem: run.report }),
    readSidecarOf: async (given) => {
      const path = isPath(given) ? given : source.pathOf?.(given);
      if (path === undefined) return undefined;
      return await readSidecar(path).catch((error: unknown) => {
        run.report(`${messageOf(error)}; what it says is left out`);
        run.setExitCode(1);
        return undefined;
      });
    },
    locate: (given) => locate(source, given),
    async *readAll() {
      const listed = await source.list();
      for (const [at, { name }] of listed.entries()) {
        run.showProgress(at, listed.length);
        let conversation;
        try {
          conversation = await source.read(name);
        } catch (error) {
          run.report(`${messageOf(error)}; left out`);
          run.setExitCode(1);
          continue;
        }
        yield { name, conversation };
      }
      run.showProgress(ALL_READ, ALL_READ);
    },
    async *readSummaries() {
      for await (const { call, error } of readCallsWithSidecars(source, run, config)) {
        if (call !== undefined) {
          yield call;
          continue;
        }
        run.report(`${messageOf(error)}; left out`);
        run.setExitCode(1);
      }
    },
  };
}
