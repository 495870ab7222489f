import { type Message, toOneLine } from "../../record/index.js";
import { APPEND, closeFile, CREATE_NEW, openFile, statOpen, writeAll } from "../disk/file-steps.js";
import type { Steps } from "../disk/steps.js";

/**
 * The plain text beside a conversation, one line a message, as the message was when it was added. It is
 * a convenience: it is written together with the published file, and ends at the first failure.
 */
export class TextLog {
  readonly #path: string;
  readonly #mode: number;
  #lines: string[];
  #isCreated = false;
  #hasEnded = false;

  /** @param messages messages that were said before the conversation had a name */
  constructor(path: string, messages: readonly Message[], mode: number) {
    this.#path = path;
    this.#mode = mode;
    this.#lines = messages.map(asLine);
  }

  append(message: Message): void {
    if (!this.#hasEnded) this.#lines.push(asLine(message));
  }

  /** Writes the appended lines. An error is thrown and ends the log. */
  *write(): Steps<void> {
    if (this.#hasEnded || (this.#isCreated && this.#lines.length === 0)) return;
    const text = Buffer.from(this.#lines.join(""));
    this.#lines = [];
    try {
      const fd = yield* openFile(this.#path, this.#isCreated ? APPEND : CREATE_NEW, this.#mode);
      this.#isCreated = true;
      try {
        if (!(yield* statOpen(fd)).isFile()) throw new Error("it is not a file");
        yield* writeAll(fd, [text]);
      } finally {
        yield* closeFile(fd);
      }
    } catch (error) {
      this.#hasEnded = true;
      throw error;
    }
  }
}

function asLine({ role, content }: Message): string {
  return `${role}: ${toOneLine(content)}\n`;
}
