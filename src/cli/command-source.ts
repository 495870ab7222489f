import { basename } from "node:path";
import type { CompiledConfig } from "../config/make-rules.js";
import {
  type CallSummary,
  type Query,
  RULES,
  findFindings,
  findWorst,
  parseQuery,
} from "../insight/index.js";
import { messageOf } from "../platform/message-of.js";
import type { Sidecar } from "../record/index.js";
import {
  type CallOutcome,
  type ConversationSource,
  type NamedConversation,
  type ReadCallsOptions,
  isPath,
  readNamed,
} from "../source/index.js";
import { readSidecar } from "../store/index.js";
import type { CommandRun } from "./command-run.js";

/** A source, with what commands do about conversations that cannot be read. */
export interface CommandSource extends ConversationSource {
  /** What `talktrace.config.json` says, where there is one. */
  readonly config: CompiledConfig | undefined;
  /** A query, in which `finding:` may name rules of one's own. @throws {QueryError} */
  parseQuery(text: string): Query;
  /** The names of all rules that find something. */
  readonly rules: readonly string[];
  /** One that was named, by its file's path or by its name in the source. Rejects if it cannot be read. */
  readNamed(given: string): Promise<NamedConversation>;
  /** What people say of one that was named. What cannot be read is told on stderr and left out. */
  readSidecarOf(given: string): Promise<Sidecar | undefined>;
  /**
   * The same with its file's path and its name there. Rejects as well where the source has no files,
   * which is where tags and notes are kept.
   */
  locate(given: string | undefined): Promise<LocatedConversation>;
  /**
   * Every conversation, newest first, one at a time: there may be more than fit into memory. One
   * that cannot be read is told on stderr and left out, and the exit code is 1 in the end.
   */
  readAll(): AsyncGenerator<NamedConversation>;
  /**
   * What is known of every call, newest first. One that cannot be read is told on stderr and left
   * out, and the exit code is 1 in the end. Rejects where there is no such folder.
   */
  readSummaries(): AsyncGenerator<CallSummary>;
}

/** A conversation with where it is kept. */
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

/** An index has what the rules find by their own limits, so with a config each call itself is read. */
async function findAnew(
  source: ConversationSource,
  call: CallSummary,
  config: CompiledConfig,
): Promise<void> {
  const findings = findFindings(await source.read(call.name), config);
  Object.defineProperties(call, {
    findings: { value: findings },
    worst: { value: findWorst(findings)?.severity },
  });
}

/** Tags and verdicts change when calls do not, so no index has them. */
async function* readCallsWithSidecars(
  source: ConversationSource,
  run: Pick<CommandRun, "report" | "setExitCode">,
  config: CompiledConfig | undefined,
  options?: ReadCallsOptions,
): AsyncGenerator<CallOutcome> {
  const sidecars = await source.readSidecars?.();
  for (const sidecar of sidecars?.values() ?? []) {
    if (!(sidecar instanceof Error)) continue;
    run.report(`${sidecar.message}; what it says is left out`);
    run.setExitCode(1);
  }
  for await (const outcome of source.readCalls(options)) {
    const sidecar = sidecars?.get(outcome.name);
    if (outcome.call !== undefined && sidecar !== undefined && !(sidecar instanceof Error))
      outcome.call.sidecar = sidecar;
    if (outcome.call !== undefined && config !== undefined)
      await findAnew(source, outcome.call, config);
    yield outcome;
  }
}

/** A source as commands ask it. `config` is what somebody wrote for calls of their own. */
export function createCommandSource(
  source: ConversationSource,
  run: Pick<CommandRun, "report" | "setExitCode">,
  config: CompiledConfig | undefined,
): CommandSource {
  const rules = [...new Set([...RULES, ...(config?.rules ?? []).map(({ name }) => name)])];
  return {
    ...source,
    rules,
    config,
    parseQuery: (text) => parseQuery(text, new Date(), rules),
    readCalls: (options) => readCallsWithSidecars(source, run, config, options),
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
      for (const { name } of await source.list()) {
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
