import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { flushRecords, withoutTracing } from "../../otel/index.js";
import { atMost } from "../platform/at-most.js";
import type { Conversation } from "../record/index.js";
import { readRegularFile } from "../store/index.js";
import { messageOf } from "../platform/message-of.js";

/** A conversation that is over. Its file is complete, and TalkTrace does not change it any more. */
export interface CompletedConversation {
  /** The path of the JSON file, as in `Observation.path`. */
  path: string;
  /** The content of the file. */
  conversation: Conversation;
}

/** Takes a finished conversation: uploads the file, fills a database, or calls a webhook. */
export type OnComplete = (completed: CompletedConversation) => void | Promise<void>;

/** How long the end of a session waits for its file, whatever the disk does. */
const FILE_WAIT_MS = 1000;
/** How long the end of a session waits for `onComplete`. LiveKit gives a job's shutdown 60 s by default. */
const ON_COMPLETE_WAIT_MS = 10_000;

/** Resolves when everything recorded is on the disk, or after 1 s. */
export async function waitForFile(): Promise<void> {
  await atMost(FILE_WAIT_MS, flushRecords());
}

/**
 * Waits for the file of an ended session and hands it to `onComplete`. Resolves within 12 s and never
 * rejects. A failure is one line, and the file stays.
 *
 * @param path path of the file; undefined if there is none here, e.g. because the user's own exporter
 *   writes the record or because the folder cannot be made
 */
export async function handOn(
  path: string | undefined,
  onComplete: OnComplete | undefined,
  report: (line: string) => void,
): Promise<void> {
  await waitForFile();
  if (onComplete === undefined) return;
  if (path === undefined) {
    report(
      "onComplete is not called: TalkTrace does not write the file of this call here. A line before this one may say why. If a ConversationExporter of your own has the record, leave that out, or hand the record on in your own sink",
    );
    return;
  }
  const conversation = await withoutTracing(() => readInTime(path));
  if (typeof conversation === "string") {
    report(
      `onComplete is not called for "${path}": ${conversation}; \`talktrace recover\` completes the file`,
    );
    return;
  }
  let isWaitedFor = true;
  // Requests of the hook do not belong to the conversation's trace.
  const work = context
    .with(ROOT_CONTEXT, async () => onComplete({ path, conversation }))
    .catch((error: unknown) => {
      if (isWaitedFor)
        report(`onComplete failed for "${path}": ${messageOf(error)}. The file is kept`);
    });
  isWaitedFor = await atMost(ON_COMPLETE_WAIT_MS, work);
  if (!isWaitedFor)
    report(
      `onComplete has not finished for "${path}" within ${ON_COMPLETE_WAIT_MS / 1000} s: the session's end no longer waits for it. The file is kept`,
    );
}

/** A hanging disk must not delay the end of a session. */
async function readInTime(path: string): Promise<Conversation | string> {
  let read: Conversation | string = `the file cannot be read within ${FILE_WAIT_MS / 1000} s`;
  await atMost(
    FILE_WAIT_MS,
    readComplete(path).then((result) => {
      read = result;
    }),
  );
  return read;
}

/**
 * The conversation in the file, or the reason why the file is not complete. This process wrote the
 * file, so it is not checked against the schema: to load what checks it takes up to a second, in every
 * process that LiveKit starts for a call.
 */
async function readComplete(path: string): Promise<Conversation | string> {
  try {
    const text = (await readRegularFile(path)).toString("utf8");
    const conversation = JSON.parse(text) as Conversation;
    // While a session is open, its file has the number of the journal's last line.
    const isComplete =
      conversation.session.status === "complete" && conversation.integrity.line === undefined;
    return isComplete ? conversation : "the file is not complete on the disk";
  } catch (error) {
    return messageOf(error);
  }
}
