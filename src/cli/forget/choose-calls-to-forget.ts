import { basename, dirname } from "node:path";
import { InvalidArgumentError } from "commander";
import { readMoment } from "../../insight/index.js";
import {
  type CallToForget,
  type ForgetOptions,
  beginningInName,
  isConversationName,
  lookAtCall,
  nameCallsWithFiles,
} from "../../store/index.js";
import type { CommandSource } from "../command-source.js";
import { addTimeTerms } from "../time-terms.js";

/** How a command line chooses what to forget. */
export interface ForgetChoice extends ForgetOptions {
  /** Names or files of calls, or the words of a query. */
  calls: readonly string[];
  /** Only what began longer ago, e.g. `30d`. */
  olderThan?: string | undefined;
  all?: boolean | undefined;
}

/**
 * The calls to forget. What is a call's name is never a query, so a wrong name deletes nothing else.
 *
 * Rejects if a call that was named does not exist, and if the query cannot be understood.
 */
export async function chooseCallsToForget(
  source: CommandSource,
  choice: ForgetChoice,
): Promise<CallToForget[]> {
  const { calls, olderThan, all = false } = choice;
  const directory = directoryOf(source);
  if (calls.length > 0) {
    if (all) throw new InvalidArgumentError("Name calls, or give --all.");
    const named = await findNamed(directory, choice);
    if (named !== undefined) {
      if (olderThan !== undefined)
        throw new InvalidArgumentError("--older-than goes with a query, not with names.");
      return named;
    }
    if (calls.join(" ").trim() === "")
      throw new InvalidArgumentError(
        "An empty query fits every call; give --all if you mean that.",
      );
  } else if (!all && olderThan === undefined)
    throw new InvalidArgumentError("Name calls, or give a query, --older-than or --all.");
  const names = await findFitting(source, directory, choice);
  return await lookAtEach(
    names.map((name) => ({ directory, name })),
    choice,
  );
}

/** The calls that were named; undefined if what was given is a query. */
async function findNamed(
  directory: string,
  choice: ForgetChoice,
): Promise<CallToForget[] | undefined> {
  const places = choice.calls.map((given) => placeOf(directory, given));
  const found = await lookAtEach(places, choice);
  const missing = choice.calls.find(
    (_, at) => !found.some(({ name }) => name === places[at]!.name),
  );
  if (missing === undefined) return found;
  const isName = choice.calls.some((given) => given.endsWith(".json") || isLikeAName(given));
  if (found.length === 0 && !isName) return undefined;
  throw new Error(
    `Cannot forget "${missing}": there is no such call in "${placeOf(directory, missing).directory}"; ` +
      "`talktrace list` has the names that there are",
  );
}

function isLikeAName(given: string): boolean {
  return isConversationName(given) || /^conversation_\d/.test(given);
}

function placeOf(directory: string, given: string): { directory: string; name: string } {
  if (!given.endsWith(".json")) return { directory, name: given };
  return { directory: dirname(given), name: basename(given, ".json") };
}

/** Those that exist, each once. */
async function lookAtEach(
  places: readonly { directory: string; name: string }[],
  options: ForgetOptions,
): Promise<CallToForget[]> {
  const found = new Map<string, CallToForget>();
  for (const { directory, name } of places) {
    // No file has such a name, and a query may be long.
    if (/[/\\\0]/.test(name) || name === "" || Buffer.byteLength(name) > 255) continue;
    const call = await lookAtCall(directory, name, options);
    if (call.exists) found.set(`${call.directory}/${name}`, call);
  }
  return [...found.values()];
}

async function findFitting(
  source: CommandSource,
  directory: string,
  { calls, olderThan }: ForgetChoice,
): Promise<string[]> {
  const query = calls.join(" ").trim();
  const { fits } = source.parseQuery(addTimeTerms(query, { until: olderThan }));
  const names = new Set<string>();
  if (query !== "") {
    for await (const call of source.readSummaries()) if (fits(call)) names.add(call.name);
    return [...names];
  }
  // Without words and fields a call need not be readable. Its name has its beginning.
  const beforeMs = olderThan === undefined ? Infinity : readMoment(olderThan, new Date());
  const readable = new Set<string>();
  for await (const { name, call } of source.readCalls()) {
    if (call === undefined) continue;
    readable.add(name);
    if (fits(call)) names.add(name);
  }
  for (const name of await nameCallsWithFiles(directory)) {
    if (readable.has(name)) continue;
    if ((beginningInName(name) ?? -Infinity) < beforeMs) names.add(name);
  }
  return [...names];
}

function directoryOf(source: CommandSource): string {
  const path = source.pathOf?.("x");
  if (path === undefined)
    throw new Error(`"${source.name}" keeps no files; only calls of a folder can be forgotten`);
  return dirname(path);
}
