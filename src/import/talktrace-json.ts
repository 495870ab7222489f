import {
  type Conversation,
  RecordError,
  parseConversation,
  readTimestamp,
} from "../record/index.js";
import { asFields } from "./fields.js";
import { ImportError } from "./import-error.js";
import type { ImportFormat } from "./import-format.js";

/** A message of format 0 has these keys, and nothing else is asked of it. */
function isMessage0(value: unknown): boolean {
  const fields = asFields(value);
  return (
    fields !== undefined &&
    (fields["role"] === "user" || fields["role"] === "agent") &&
    typeof fields["content"] === "string" &&
    typeof fields["timestamp"] === "string" &&
    typeof fields["source"] === "string"
  );
}

/** TalkTrace's own documents, and those of the Python project that it grew out of. */
export const talktraceJson: ImportFormat = {
  name: "talktrace",
  origin: "TalkTrace's own JSON, and the Python project's (format 0)",
  recognizedBy:
    "`format` with `conversation`, or a list of messages with `role`, `content`, `timestamp` and `source`",
  kept: "everything; of format 0 the role, words, time and source of each message",
  missing: "of format 0: what was heard of a reply, tools, waits, the end of the call",
  recognizes: ({ kind, json }) => {
    if (kind !== "json") return false;
    const document = asFields(json);
    const list = document === undefined ? json : document["conversation"];
    if (!Array.isArray(list)) return false;
    if (document !== undefined && "format" in document)
      return typeof document["format"] === "number";
    return list.length === 0 ? document !== undefined : isMessage0(list[0]);
  },
  async *read({ name, text, json }) {
    const conversation = parse(text, name);
    if (conversation.session.status === "open")
      throw new ImportError(
        "the call is not over; if its process has died, complete it with `talktrace recover`",
      );
    const isFormat0 = asFields(json)?.["format"] === undefined || asFields(json)?.["format"] === 0;
    yield {
      format: "talktrace",
      conversation,
      ...(!isFormat0 && { hasOwnId: true as const }),
      missing: isFormat0 ? ["what was heard", "tools", "waits", "the end of the call"] : [],
      ...((readTimestamp(conversation.session.started_at) ?? 0) === 0 && {
        isUndated: true as const,
      }),
    };
  },
};

function parse(text: string, name: string): Conversation {
  try {
    return parseConversation(text, name);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    throw new ImportError(error.message.replace(/^Cannot read conversation "[^]*?": /, ""), {
      cause: error,
    });
  }
}
