import { closeSync, lstatSync, unlinkSync } from "node:fs";

import { createWhole, quietly } from "./exclusive-file.js";
import type { FileIdentity } from "./exclusive-file.js";
import { faultCode } from "./fault.js";
import { nameConversation, pathsOf } from "./file-names.js";
import type { ConversationPaths } from "./file-names.js";
import { JournalFile } from "./journal-file.js";

export interface ClaimedName {
  name: string;
  paths: ConversationPaths;
  journal: JournalFile;
  /** The published file; `undefined` when the disk took the journal only. */
  identity: FileIdentity | undefined;
  /** Why there is no published file yet. */
  fault?: unknown;
}

/**
 * Takes a name for a conversation: creates its journal, with `head` as its content, and its
 * document, both exclusively, so that two processes never share a name.
 *
 * Throws what the file system says when not even the journal could be created.
 */
export function claimName(
  directory: string,
  startedAt: string,
  { head, document, withText }: { head: Buffer; document: Buffer; withText: boolean },
): ClaimedName {
  for (let attempt = 1; ; attempt += 1) {
    const name = nameConversation(startedAt, attempt);
    const paths = pathsOf(directory, name);
    if (isTaken(paths.json) || isTaken(paths.journal)) continue;
    if (withText && isTaken(paths.text)) continue;
    try {
      return { name, paths, ...createBoth(paths, head, document) };
    } catch (error) {
      if (faultCode(error) !== "EEXIST") throw error;
    }
  }
}

function isTaken(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function createBoth(
  paths: ConversationPaths,
  head: Buffer,
  document: Buffer,
): Pick<ClaimedName, "journal" | "identity" | "fault"> {
  const { fd } = createWhole(paths.journal, head);
  const journal = new JournalFile(paths.journal, fd, head.length);
  try {
    const published = createWhole(paths.json, document);
    closeSync(published.fd);
    return { journal, identity: published.identity };
  } catch (fault) {
    if (faultCode(fault) !== "EEXIST") return { journal, identity: undefined, fault };
    // Somebody else had the document's name first, so the journal must not stand beside it.
    quietly(() => unlinkSync(paths.journal));
    quietly(() => closeSync(fd));
    throw fault;
  }
}
