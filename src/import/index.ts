/** Calls that other software recorded, as documents of the newest format. */
export { IMPORT_FORMATS } from "./formats.js";
export { ImportError, UnknownFormError } from "./import-error.js";
export type {
  ImportedConversation,
  ImportFormat,
  ImportFormatFacts,
  ImportOptions,
  UnreadPart,
} from "./import-format.js";
export { describeKnownForms, readCalls } from "./read-file.js";
export { type ZipEntry, compareFileNames, isWanted, isZip, readZip } from "./read-zip.js";
