/** Calls in the forms that other people and programs use. Pure: it reads no files and prints nothing. */
export {
  type ExportFormat,
  type ExportOptions,
  ROW_KINDS,
  type RowKind,
  TEXT_KINDS,
  type TextKind,
  VCON_BODIES,
  type VconBody,
} from "./export-format.js";
export { type ExportedCall, toExportedCall } from "./exported-call.js";
export { fileNameOf } from "./file-name.js";
export { EXPORT_FORMATS, findFormat } from "./formats.js";
export { TEXT_NAMES } from "./message-text.js";
export { formatWaterfall } from "./waterfall.js";
