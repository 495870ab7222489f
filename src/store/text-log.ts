import { closeSync, constants, openSync, writeSync } from "node:fs";

import type { Message } from "../record/index.js";
import { CREATE_NEW, quietly } from "./exclusive-file.js";

/** The plain text beside a conversation, one line a message, as it was when it was added. */
export interface TextLog {
  append(message: Pick<Message, "role" | "content">): void;
  close(): void;
}

const LINE_BREAKS = /\r\n|[\n\r\u0085\u2028\u2029]/g;

/**
 * Creates the text log. It is a convenience: the first failure is told through `onFault` and ends
 * it, and nothing else notices.
 */
export function openTextLog(path: string, onFault: (error: unknown) => void): TextLog {
  let fd: number | undefined;
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (fd !== undefined) closeQuietly();
      onFault(error);
    }
  };
  const closeQuietly = (): void => {
    const closing = fd;
    fd = undefined;
    if (closing !== undefined) quietly(() => closeSync(closing));
  };
  attempt(() => {
    fd = openSync(path, CREATE_NEW | constants.O_APPEND, 0o666);
  });
  return {
    append({ role, content }) {
      attempt(() => {
        if (fd !== undefined) writeSync(fd, `${role}: ${content.replace(LINE_BREAKS, " ")}\n`);
      });
    },
    close: closeQuietly,
  };
}
