/**
 * The store: conversations in files.
 *
 *     const store = openStore({ directory: "conversations" });
 *     store.open({ id: "s1", started_at: "2025-08-18T14:30:22.123456+05:30", software: {} });
 *     store.add("s1", { role: "user", content: "hello", ... });
 *     store.close("s1", { ended_at: "..." });
 *     await store.shutdown();
 *
 * Each operation is one line in `<name>.journal`. It is written before the call returns, so it survives
 * the death of the process. `<name>.json` follows at once, or within `maxBehindMs` if it is large. It is
 * always replaced as a whole, so a reader always finds a complete document. The journal is removed at
 * the end.
 *
 * `recoverConversations` completes the conversations of dead processes. `readConversation` reads them
 * even before that.
 */
export { CUT_MARK } from "./document/cut-content.js";
export { explainUnreachable } from "./disk/unreachable-file.js";
export { readRegularFile } from "./disk/regular-file.js";
export { FILE_LIMITS, STORE_LIMITS } from "./disk/limits.js";
export type { StoreLimits } from "./disk/limits.js";
export { listDocumentHeads } from "./read/list-imported.js";
export type { DocumentHead } from "./read/list-imported.js";
export { listConversations } from "./read/list-conversations.js";
export type { ListedConversation } from "./read/list-conversations.js";
export { INDEX_FILE_NAME } from "./disk/file-names.js";
export { nameConversations } from "./read/name-conversations.js";
export type { NamedFiles } from "./read/name-conversations.js";
export { readConversation } from "./read/read-conversation.js";
export type { ReadConversation } from "./read/read-conversation.js";
export { readFinishedConversation } from "./read/read-finished.js";
export { nameCallsWithFiles } from "./forget/call-files.js";
export { forgetCall, lookAtCall, syncDeletions } from "./forget/forget-call.js";
export type { CallToForget, ForgetOptions, ForgottenFiles } from "./forget/forget-call.js";
export { beginningInName, isConversationName } from "./disk/file-names.js";
export { describeBytes } from "./disk/describe-bytes.js";
export { recoverConversations } from "./recover/recover.js";
export { recoverBesideCalls } from "./recover/recover-beside-calls.js";
export type {
  LeftAlone,
  RecoveryOptions,
  RecoveryOutcome,
  RecoveryReport,
} from "./recover/recovery-report.js";
export { changeSidecar, readSidecar, readSidecars, sidecarPathOf } from "./sidecar/sidecar-file.js";
export {
  type InspectedConversation,
  type InspectedJournal,
  inspectConversation,
} from "./read/inspect-conversation.js";
export { isLeftBehind } from "./recover/is-left-behind.js";
export { describeRemoval, removeOldConversations } from "./recover/remove-old.js";
export type { Removal, RetentionOptions } from "./recover/remove-old.js";
export { openConversationWriter } from "./write/write-imported.js";
export type { ConversationWriter } from "./write/write-imported.js";
export { openStore } from "./write/store.js";
export type { ConversationStore, StoreOptions } from "./write/store.js";
export { StoreError } from "./read/store-error.js";
export type { StoreErrorCode } from "./read/store-error.js";
