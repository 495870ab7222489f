import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";

import type { Claimant } from "../../platform/owner.js";

const WALL_CLOCK = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})/;
const OWN_DOCUMENT = /^conversation_\d{8}_\d{6}(?:_\d+)?\.json$/;
/** The names of our own journals. Other programs also have journals, e.g. `2025.journal` of hledger. */
const OWN_JOURNAL = /^(conversation_\d{8}_\d{6}(?:_\d+)*)\.journal$/;
/** A journal of ours of which a transfer changed a byte of the name: Node puts U+FFFD (`NOT_UTF8`) for it. */
const SPOILT_JOURNAL = /^(conversation_[\d_]*\ufffd[\d_\ufffd]*)\.journal$/;
const CLAIM =
  /^(conversation_\d{8}_\d{6}(?:_\d+)*)\.journal\.recovering-(\d+)-(\d+)-([0-9a-f]{8})$/;

/**
 * The file name without its ending, e.g. `conversation_20250818_143022`. It uses the wall clock time in
 * the timestamp, which is the local time of the machine that started the session. From 2 on, `attempt`
 * adds the suffixes `_2`, `_3`, ...
 */
export function nameConversation(startedAt: string, attempt: number): string {
  const digits = WALL_CLOCK.exec(startedAt)?.slice(1) ?? ["0000", "00", "00", "00", "00", "00"];
  const suffix = attempt > 1 ? `_${attempt}` : "";
  return `conversation_${digits.slice(0, 3).join("")}_${digits.slice(3).join("")}${suffix}`;
}

/**
 * How the names of a folder's indexes begin, and of their temporary files. An index has the words of the
 * folder's calls, and may be removed at any time.
 */
export const INDEX_FILE_NAME = ".talktrace-index";

/** The paths of one conversation. */
export interface ConversationPaths {
  json: string;
  journal: string;
  text: string;
}

export function pathsOf(directory: string, name: string): ConversationPaths {
  return {
    json: join(directory, `${name}.json`),
    journal: join(directory, `${name}.journal`),
    text: join(directory, `${name}.txt`),
  };
}

/**
 * A path beside `path` for content that is still being written. It is hidden, never listed, and cannot
 * be guessed, so that nobody can prepare a link with that name.
 */
export function temporaryPathOf(path: string): string {
  const token = randomBytes(4).toString("hex");
  return join(dirname(path), `.${basename(path)}.${process.pid}-${token}.tmp`);
}

const TEMPORARY =
  /^\.(conversation_\d{8}_\d{6}(?:_\d+)*)\.(?:json|journal|tags\.json)\.\d+-[0-9a-f]{8}\.tmp$/;

/** The conversation that a temporary file belongs to, by the name that `temporaryPathOf` gave it. */
export function nameOfTemporary(fileName: string): string | undefined {
  return TEMPORARY.exec(fileName)?.[1];
}

/**
 * Whether `temporaryPathOf` made this file name for the document or the journal of the conversation
 * `name`.
 */
export function isTemporaryOf(fileName: string, name: string): boolean {
  // A living process may write tags while another one recovers the conversation.
  return nameOfTemporary(fileName) === name && !fileName.includes(".tags.json.");
}

/** The name of a file that belongs to a conversation, or that is beside its files. */
const OWN_FILE =
  /^(conversation_\d{8}_\d{6}(?:_\d+)*)\.(?:json|journal|txt|tags\.json|levels|levels\.json|ogg)$/;
/** The name of a file that was set aside, or of a journal that somebody recovers now. */
const SET_ASIDE =
  /^(conversation_\d{8}_\d{6}(?:_\d+)*)\.(?:(?:json|journal|tags\.json)\.(?:damaged(?:-\d+)?|edited-\d+)|journal\.recovering-\d+-\d+-[0-9a-f]{8})$/;

/** The conversation that a file belongs to, also one that was set aside; undefined for any other. */
export function conversationOfFile(fileName: string): string | undefined {
  const found = OWN_FILE.exec(fileName) ?? SET_ASIDE.exec(fileName);
  return found?.[1] ?? nameOfTemporary(fileName);
}

/** Whether TalkTrace gives such a name to a conversation, e.g. `conversation_20250818_143022_2`. */
export function isConversationName(name: string): boolean {
  return OWN_NAME.test(name);
}

const OWN_NAME = /^(conversation_\d{8}_\d{6})(?:_\d+)*$/;

/**
 * Whether two names differ only in the suffix that a taken name gets. A recovery may publish the journal
 * of one of them under the other.
 */
export function shareBeginning(a: string, b: string): boolean {
  const beginning = OWN_NAME.exec(a)?.[1];
  return beginning !== undefined && beginning === OWN_NAME.exec(b)?.[1];
}

/** Whether a file holds sound, or the loudness of sound. */
export function isSoundFile(fileName: string): boolean {
  return /\.(?:levels|levels\.json|ogg)$/.test(fileName);
}

/** Whether a file was set aside, or was still being written when its process died. */
export function isLeftOver(fileName: string): boolean {
  return SET_ASIDE.test(fileName) || nameOfTemporary(fileName) !== undefined;
}

const NAMED_TIME = /^conversation_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)/;

/**
 * The start in a conversation's name, in milliseconds since 1970, read as this machine's local time;
 * undefined if it is no time.
 */
export function beginningInName(name: string): number | undefined {
  const [year, month, day, hour, minute, second] = (NAMED_TIME.exec(name) ?? [])
    .slice(1)
    .map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const began = new Date(year, month - 1, day, hour, minute, second);
  const isCalendarDay = began.getMonth() === month - 1 && began.getDate() === day;
  return year >= 1970 && isCalendarDay ? began.getTime() : undefined;
}

/** Whether a file with this name may be a published conversation. */
export function isConversationFile(fileName: string): boolean {
  return (
    fileName.endsWith(".json") && !fileName.endsWith(".tags.json") && !fileName.startsWith(".")
  );
}

/** Whether a file name has the form that we give to published conversations. */
export function isOwnDocument(fileName: string): boolean {
  return OWN_DOCUMENT.test(fileName);
}

/** The conversation whose journal has this file name; undefined if the journal is not ours. */
export function nameOfJournal(fileName: string): string | undefined {
  return OWN_JOURNAL.exec(fileName)?.[1];
}

/**
 * The conversation whose journal this is, also while a process recovers it, and also if the name is not
 * UTF-8 any more. Such a journal cannot be read, so every command has to name it.
 */
export function conversationOfJournal(fileName: string): string | undefined {
  return (
    nameOfJournal(fileName) ?? parseClaim(fileName)?.name ?? SPOILT_JOURNAL.exec(fileName)?.[1]
  );
}

/** The conversation that a file is the document or a journal of; undefined for any other file. */
export function conversationIn(fileName: string): string | undefined {
  if (isConversationFile(fileName)) return fileName.slice(0, -".json".length);
  return conversationOfJournal(fileName);
}

/** The name of a journal while a process recovers it. */
export function nameClaim(name: string, { pid, startTicks, place }: Claimant): string {
  return `${name}.journal.recovering-${pid}-${startTicks}-${place}`;
}

export function parseClaim(fileName: string): { name: string; claimant: Claimant } | undefined {
  const [, name, pid, startTicks, place] = CLAIM.exec(fileName) ?? [];
  if (name === undefined || place === undefined) return undefined;
  return { name, claimant: { pid: Number(pid), startTicks: Number(startTicks), place } };
}
