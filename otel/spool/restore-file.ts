import { messageOf } from "../../src/platform/message-of.js";
import { type LostFile, recoverLost } from "./lost-file.js";
import type { OwnFiles } from "./own-files.js";
import type { SpoolFile } from "./spool-file.js";
import type { SpoolWriter } from "./spool-writer.js";

export interface RestoreFileOptions {
  directory: string;
  files: OwnFiles;
  writer: SpoolWriter;
  report: (line: string) => void;
  /** Is told of spans that will never be sent, and why. */
  onDropped: (count: number, why: string) => void;
}

/** Brings back a file that is not where it was, or lets go of it. Throws what the file system says. */
export function restoreFile(lost: LostFile, options: RestoreFileOptions): void {
  const { directory, files, report } = options;
  const { file } = lost;
  const fate = recoverLost(directory, lost, report);
  if (fate === "taken over") yieldFile(file, options);
  if (fate !== "gone") return;
  files.forget(file);
  files.dropWaiting(file, `their file "${file.path}" was deleted`);
}

/** Leaves a file to the process that took it over, but writes again what that process cannot know. */
function yieldFile(
  file: SpoolFile,
  { files, writer, report, onDropped }: RestoreFileOptions,
): void {
  const spans = file.endedBehind(Math.max(file.shownTo, file.sentTo));
  report(`Another process took over the spool file "${file.path}", and sends what waits in it`);
  files.forget(file);
  try {
    if (spans.length > 0) writer.endLater(spans);
    else writer.writeOpenAgain();
  } catch (error) {
    if (spans.length > 0) onDropped(spans.length, `no disk takes them: ${messageOf(error)}`);
  }
  file.close();
}
