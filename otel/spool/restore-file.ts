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
  /** Called with spans that will never be sent, and the reason. */
  onDropped: (count: number, why: string) => void;
}

/** Restores a file that is no longer at its path, or gives it up. Throws the file system's error. */
export function restoreFile(lost: LostFile, options: RestoreFileOptions): void {
  const { directory, files, report } = options;
  const { file } = lost;
  const fate = recoverLost(directory, lost, report);
  if (fate === "taken over") yieldFile(file, options);
  if (fate !== "gone") return;
  files.forget(file);
  files.dropWaiting(file, `their file "${file.path}" was deleted`);
}

/**
 * Leaves a file to the process that took it over. Writes again the spans that the other process cannot
 * have read.
 */
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
