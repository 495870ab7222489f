import type { DescriptorPool } from "../disk/descriptor-pool.js";
import { createWhole } from "../disk/exclusive-file.js";
import type { FileIdentity } from "../disk/exclusive-file.js";
import { faultCode } from "../disk/fault.js";
import { nameConversation, pathsOf } from "../disk/file-names.js";
import type { ConversationPaths } from "../disk/file-names.js";
import { closeFile, quietly, removeFile, statPath } from "../disk/file-steps.js";
import { JournalFile } from "./journal-file.js";
import type { Steps } from "../disk/steps.js";

export interface ClaimedName {
  name: string;
  paths: ConversationPaths;
  journal: JournalFile;
  /** The published file; `undefined` if the disk took only the journal. */
  identity: FileIdentity | undefined;
  /** Why there is no published file yet. */
  fault?: unknown;
}

/** The first content of the files of a new name. */
export interface Beginning {
  lines: readonly Buffer[];
  document: readonly Buffer[];
  /** Whether a text log is created too. */
  withText: boolean;
  /** The mode of the files. Default: 0o600. */
  mode?: number | undefined;
}

/**
 * The last name that a store took. The search for the next name of the same second begins after it.
 * Otherwise each of a thousand sessions at once would try a thousand names.
 */
export interface LastName {
  first: string;
  attempt: number;
}

/**
 * Takes a name for a conversation. It creates journal and document exclusively, so that two processes
 * never share a name.
 *
 * Throws the file system's error if not even the journal could be created.
 */
export function* claimName(
  directory: string,
  startedAt: string,
  beginning: Beginning,
  descriptors: DescriptorPool,
  last: LastName,
): Steps<ClaimedName> {
  const first = nameConversation(startedAt, 1);
  for (let attempt = last.first === first ? last.attempt + 1 : 1; ; attempt += 1) {
    const name = nameConversation(startedAt, attempt);
    const paths = pathsOf(directory, name);
    if (yield* isTaken(paths.json)) continue;
    if (yield* isTaken(paths.journal)) continue;
    if (beginning.withText && (yield* isTaken(paths.text))) continue;
    try {
      const created = yield* createBoth(paths, beginning, descriptors);
      // Off the event loop several sessions look for names at once.
      last.attempt = last.first === first ? Math.max(last.attempt, attempt) : attempt;
      last.first = first;
      return { name, paths, ...created };
    } catch (error) {
      if (faultCode(error) !== "EEXIST") throw error;
    }
  }
}

function* isTaken(path: string): Steps<boolean> {
  return (yield* statPath(path)) !== undefined;
}

function* createBoth(
  paths: ConversationPaths,
  { lines, document, mode }: Beginning,
  descriptors: DescriptorPool,
): Steps<Pick<ClaimedName, "journal" | "identity" | "fault">> {
  const created = yield* createWhole(paths.journal, lines, mode);
  let identity: FileIdentity | undefined;
  let failure: { fault?: unknown } = {};
  try {
    const published = yield* createWhole(paths.json, document, mode);
    yield* quietly(closeFile(published.fd));
    identity = published.identity;
  } catch (fault) {
    if (faultCode(fault) === "EEXIST") {
      // Another process took the document's name first, so our journal must not stay beside it.
      yield* quietly(removeFile(paths.journal));
      yield* quietly(closeFile(created.fd));
      throw fault;
    }
    failure = { fault };
  }
  const journal = new JournalFile(paths.journal, created, descriptors);
  yield* descriptors.shrink();
  return { journal, identity, ...failure };
}
