import type { Conversation } from "../record/index.js";
import { messageOf } from "../platform/message-of.js";
import type { CommandRun } from "./command-run.js";
import type { CommandSource } from "./command-source.js";
import { splitMoment } from "./moment-argument.js";
import { addTimeTerms } from "./time-terms.js";

/** How a command line chooses calls: by name, by query, or neither, which is the newest. */
export interface CallChoice {
  /** Names or files, each with a moment or without. */
  calls: readonly string[];
  query?: string | undefined;
  /** The same as `since:` in the query. */
  since?: string | undefined;
  all?: boolean | undefined;
}

/** A call that was chosen. */
export interface ChosenCall {
  /** As it was given, without the moment; or its name in the source. */
  name: string;
  /** The moment that was given with it, in seconds from the session's start. */
  at_s: number | undefined;
  conversation: Conversation;
}

/**
 * The calls of a choice, one at a time: those by name in the order in which they were given, the others
 * newest first. One of several that cannot be read is reported on stderr and left out, and the exit code
 * becomes 1.
 *
 * Rejects if a single call cannot be read, and if the query cannot be understood.
 */
export async function* chooseCalls(
  source: CommandSource,
  { calls, query, since, all }: CallChoice,
  run: Pick<CommandRun, "report" | "setExitCode">,
): AsyncGenerator<ChosenCall> {
  if (calls.length > 0) yield* readNamed(source, calls, run);
  else if (query !== undefined || since !== undefined || all === true) {
    const { fits } = source.parseQuery(addTimeTerms(query ?? "", { since }));
    for await (const call of source.readSummaries()) {
      if (!fits(call)) continue;
      const conversation = await attempt(run, () => source.read(call.name));
      if (conversation !== undefined) yield { name: call.name, at_s: undefined, conversation };
    }
  } else yield* readNewest(source, undefined);
}

async function* readNamed(
  source: CommandSource,
  calls: readonly string[],
  run: Pick<CommandRun, "report" | "setExitCode">,
): AsyncGenerator<ChosenCall> {
  for (const each of calls) {
    const { given, at_s } = splitMoment(each);
    if (given === undefined) {
      yield* readNewest(source, at_s);
      continue;
    }
    const read = async () => (await source.readNamed(given)).conversation;
    const conversation = calls.length === 1 ? await read() : await attempt(run, read);
    if (conversation !== undefined) yield { name: given, at_s, conversation };
  }
}

/** The newest call that can be read. */
async function* readNewest(
  source: CommandSource,
  at_s: number | undefined,
): AsyncGenerator<ChosenCall> {
  for await (const { name, conversation } of source.readAll())
    return yield { name, at_s, conversation };
}

async function attempt(
  run: Pick<CommandRun, "report" | "setExitCode">,
  read: () => Promise<Conversation>,
): Promise<Conversation | undefined> {
  try {
    return await read();
  } catch (error) {
    run.report(`${messageOf(error)}; left out`);
    run.setExitCode(1);
    return undefined;
  }
}
