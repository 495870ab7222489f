import { chatMessages } from "./chat-messages.js";
import { csv } from "./csv.js";
import type { ExportFormat } from "./export-format.js";
import { html } from "./html.js";
import { markdown } from "./markdown.js";
import { otlp } from "./otlp.js";
import { plainText } from "./plain-text.js";
import { audacity, rttm, textgrid } from "./sound-labels.js";
import { srt } from "./srt.js";
import { vcon } from "./vcon.js";
import { vtt, vttFindings } from "./vtt.js";

/** Every format, in the order of docs/formats.md. A new one is a file of its own and a line here. */
export const EXPORT_FORMATS: readonly ExportFormat[] = [
  plainText,
  markdown,
  html,
  chatMessages,
  csv,
  srt,
  vtt,
  vttFindings,
  vcon,
  otlp,
  textgrid,
  audacity,
  rttm,
];

/** The format of this name; undefined if there is none. Pure. */
export function findFormat(name: string): ExportFormat | undefined {
  return EXPORT_FORMATS.find((format) => format.name === name);
}
