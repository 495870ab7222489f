import type { Conversation } from "../record/index.js";
import { readConversation } from "../store/index.js";

/**
 * One conversation of a folder. One that cannot be read is told on stderr and left out, and the
 * command ends with exit code 1 after it has shown the others.
 */
export async function readUnlessDamaged(path: string): Promise<Conversation | undefined> {
  try {
    return (await readConversation(path)).conversation;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}; left out\n`);
    process.exitCode = 1;
    return undefined;
  }
}
