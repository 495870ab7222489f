import { rename, stat } from "node:fs/promises";
import { basename } from "node:path";
import { findFreePath } from "../disk/exclusive-file.js";
import { pathsOf } from "../disk/file-names.js";
import { FILE_LIMITS } from "../disk/limits.js";
import { TooLargeError } from "../disk/regular-file.js";
import { runLater } from "../disk/steps.js";
import { type RecoveryContext, type RecoveryReport, report } from "./recovery-report.js";

/** `talktrace recover` takes larger journals. A journal that nobody can read is set aside. */
export async function leaveTooLarge(
  context: RecoveryContext,
  name: string,
  path: string,
): Promise<RecoveryReport> {
  const { size } = await stat(path);
  const fact = new TooLargeError(size, Math.min(context.maxBytes, FILE_LIMITS.maxBytes)).message;
  if (size > FILE_LIMITS.maxBytes) return await setAside(context, name, path, `${fact}; it`);
  const problem = `Cannot recover "${basename(path)}": ${fact} beside a call; "talktrace recover" takes it`;
  return report(name, path, "failed", { problem });
}

/** Sets a journal aside. Its document is then recovered without it. */
export async function setAside(
  { directory }: RecoveryContext,
  name: string,
  path: string,
  fact: string,
): Promise<RecoveryReport> {
  const aside = await moveAside(directory, name, path);
  const problem = `Cannot recover "${name}.journal": ${fact} is kept as "${aside}"`;
  return report(name, aside, "set_aside", { problem });
}

/** Renames a journal so that no recovery looks at it again, and returns the new path. */
export async function moveAside(directory: string, name: string, path: string): Promise<string> {
  const { journal } = pathsOf(directory, name);
  const aside = await runLater(findFreePath((n) => `${journal}.damaged${n > 1 ? `-${n}` : ""}`));
  await rename(path, aside);
  return aside;
}
