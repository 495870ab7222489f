import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { findFindings } from "../../insight/index.js";
import { messageOf } from "../../platform/message-of.js";
import type { Conversation } from "../../record/index.js";
import { isPath } from "../../source/index.js";
import {
  type InspectedJournal,
  inspectConversation,
  readSidecar,
  readSidecars,
  sidecarPathOf,
} from "../../store/index.js";
import { defineCommand } from "../run-command.js";
import { type FileProblem, type VerifiedFile, formatVerified } from "../text/verified-files.js";
import { findWayOut } from "../way-out.js";

interface VerifyOptions {
  files: string[];
}

interface VerifyAnswer {
  files: VerifiedFile[];
}

export const verifyCommand = defineCommand<VerifyOptions, VerifyAnswer>({
  readsSource: true,
  exitCodes: { 0: "every file is as it should be", 1: "one is not, and what it says may be wrong" },
  examples: ["talktrace verify conversations/conversation_20260101_090000.json"],
  async answer(source, { files }, run) {
    const { pathOf } = source;
    if (pathOf === undefined) throw new Error(`Cannot verify "${source.name}": it keeps no files`);
    const verified: VerifiedFile[] = [];
    if (files.length === 0) {
      const names = new Set<string>();
      for (const { name } of await source.list()) {
        names.add(name);
        verified.push(await verify(pathOf(name)));
      }
      if (existsSync(source.name)) verified.push(...(await findStraySidecars(source.name, names)));
    }
    for (const file of files) verified.push(await verify(isPath(file) ? file : pathOf(file)));
    if (verified.some(({ problems }) => problems.length > 0)) run.setExitCode(1);
    return { files: verified };
  },
  toText: ({ files }) => formatVerified(files),
  toJson: ({ files }) => files,
});

async function verify(path: string): Promise<VerifiedFile> {
  const { document, journal } = await inspectConversation(path);
  const isReadable = document !== undefined && "conversation" in document;
  return {
    name: basename(path, ".json"),
    path,
    status: isReadable ? document.conversation.session.status : undefined,
    problems: [
      ...(document?.error === undefined
        ? []
        : [tell("document", document.error, path, journal !== undefined)]),
      ...(isReadable ? findContradictions(document.conversation) : []),
      ...(journal === undefined ? [] : describeJournal(journal)),
      ...(await verifySidecar(path)),
    ],
  };
}

function tell(
  what: FileProblem["what"],
  error: unknown,
  path: string,
  hasJournal: boolean,
): FileProblem {
  return { what, problem: messageOf(error), way_out: findWayOut(error, path, hasJournal) };
}

function findContradictions(conversation: Conversation): FileProblem[] {
  return findFindings(conversation)
    .filter(({ rule }) => rule === "contradiction")
    .map(({ text, message_ids }) => ({
      what: "contradiction",
      problem: message_ids.length === 0 ? text : `${text} (${message_ids.join(", ")})`,
      way_out:
        "somebody changed the file, or TalkTrace has a fault: compare it with a backup, or report it",
    }));
}

const JOURNAL_FAULTS = {
  empty: undefined,
  damaged: "the journal is damaged from its first line on",
  unsupported: "the journal was written by a newer version of TalkTrace",
} as const;

function describeJournal({ path, damagedLines, fault, error }: InspectedJournal): FileProblem[] {
  if (error !== undefined) {
    const problem = `"${basename(path)}" cannot be read: ${messageOf(error)}`;
    return [{ what: "journal", problem, way_out: findWayOut(error, path, false) }];
  }
  const problem =
    fault === undefined
      ? damagedLines > 0
        ? `${damagedLines} ${damagedLines === 1 ? "line" : "lines"} of the journal are damaged`
        : undefined
      : JOURNAL_FAULTS[fault];
  if (problem === undefined) return [];
  const way_out =
    fault === "unsupported"
      ? "update TalkTrace"
      : "keep a copy, then run `talktrace recover`, which keeps all that is whole";
  return [{ what: "journal", problem: `"${path}": ${problem}`, way_out }];
}

async function verifySidecar(path: string): Promise<FileProblem[]> {
  try {
    await readSidecar(path);
    return [];
  } catch (error) {
    return [tell("sidecar", error, sidecarPathOf(path), false)];
  }
}

/** Sidecars whose call does not exist any more. */
async function findStraySidecars(
  directory: string,
  names: ReadonlySet<string>,
): Promise<VerifiedFile[]> {
  return [...(await readSidecars(directory)).keys()]
    .filter((name) => !names.has(name))
    .map((name) => ({
      name,
      path: sidecarPathOf(join(directory, name)),
      status: undefined,
      problems: [
        {
          what: "sidecar",
          problem: "tags of a call that is not there",
          way_out: "bring the call back, or remove the file",
        },
      ],
    }));
}
