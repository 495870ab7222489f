/** The record contract: what a conversation file holds, and how to read one safely. */
export * from "./conversation.js";
export * from "./sink.js";
export { RecordError, type RecordErrorCode } from "./errors.js";
export { parseConversation } from "./parse.js";
export { summarize } from "./summarize.js";
export { parseTimestamp, toTimestamp } from "./timestamp.js";
export { readPackageVersion } from "./package-files.js";
export { reportSafely, writeToStderr } from "./report.js";
