/** The places from which conversations are read. Readers ask a source and know no files. */
export type { CallOutcome, ConversationSource, SourceEntry } from "./conversation-source.js";
export { openFolderSource } from "./folder-source.js";
export { openSource } from "./open-source.js";
export { type NamedConversation, isPath, readNamed } from "./read-named.js";
export { type ForgottenRows, forgetRows } from "./call-index/forget-rows.js";
