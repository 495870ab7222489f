import { toOneLine } from "../record/index.js";
import { type ExportFormat, writeEach } from "./export-format.js";
import { takeExcerpt } from "./exported-call.js";
import { TEXT_NAMES, hasText, textOf } from "./message-text.js";

/** `user:` and `agent:` lines, as the store's own text log has them. */
export const plainText: ExportFormat = {
  name: "txt",
  audience: "anybody, and programs that read `user:` and `agent:` lines",
  kept: "who said what, in order, one line a message",
  lost: "times, tools, findings; line breaks within a message become spaces",
  extension: "txt",
  mediaType: "text/plain; charset=utf-8",
  holdsMany: true,
  texts: ["heard", "generated", "both"],
  saysText: true,
  moment: "excerpt",
  write: writeEach(function* (call, { text: kind }) {
    const { started_at } = call.conversation.session;
    yield `# ${toOneLine(call.name)}, ${started_at}, text: ${TEXT_NAMES[kind]}\n`;
    for (const message of takeExcerpt(call).messages) {
      if (!hasText(message, kind)) continue;
      const { text, unheard } = textOf(message, kind);
      const rest = unheard === undefined ? "" : ` [not heard: ${toOneLine(unheard)}]`;
      yield `${message.role}: ${toOneLine(text)}${rest}\n`;
    }
    yield "\n";
  }),
};
