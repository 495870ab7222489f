/** The record contract: what a conversation file holds, and how to read one safely. */
export * from "./conversation.js";
export * from "./sink.js";
