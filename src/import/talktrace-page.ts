import { RecordError, extractRecord, isPage, parseConversation } from "../record/index.js";
import { ImportError } from "./import-error.js";
import type { ImportFormat } from "./import-format.js";

const NAME = "talktrace_page";

/** The page that `talktrace export --format html` writes, with the record in it. */
export const talktracePage: ImportFormat = {
  name: NAME,
  origin: "the page that TalkTrace's export `html` writes",
  recognizedBy: "an HTML page with the element `talktrace-record`",
  kept: "everything",
  missing: "tags and notes, which stand beside the record",
  recognizes: ({ kind, text }) =>
    kind === "text" && isPage(text) && extractRecord(text) !== undefined,
  async *read({ name, text }) {
    try {
      const conversation = parseConversation(extractRecord(text) ?? "", name);
      if (conversation.session.status === "open")
        throw new ImportError("the call in it is not over; export it again when it is");
      yield { format: NAME, conversation, missing: [], hasOwnId: true };
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      const reason = error.message.replace(/^Cannot read conversation "[^]*?": /, "");
      throw new ImportError(`the record in the page cannot be read: ${reason}`, { cause: error });
    }
  },
};
