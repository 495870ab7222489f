import { toOneLine } from "../record/index.js";
import { toClockTimes } from "./clock-time.js";
import { type ExportFormat, writeEach } from "./export-format.js";
import type { ExportedCall } from "./exported-call.js";
import { TEXT_NAMES } from "./message-text.js";
import { breakLines, listCues } from "./subtitle-cues.js";

/** How long a finding is shown that has only a moment. */
const FINDING_SHOWN_S = 3;

export const vtt: ExportFormat = {
  name: "vtt",
  audience: "subtitles under the recording, on web pages",
  kept: "who said what (`<v user>`), at the times at which it was heard; at most 2 lines of 42 columns, broken at words in any script",
  lost: "typed and shown texts, and all without a time of sound; tools. Findings are in `vtt-findings`",
  extension: "vtt",
  mediaType: "text/vtt",
  holdsMany: false,
  texts: ["heard", "generated", "both"],
  saysText: true,
  moment: undefined,
  write: writeEach(function* (call, { text }) {
    yield* writeHead(call, `text: ${TEXT_NAMES[text]}`);
    for (const { role, lines, ...times } of listCues(call, text))
      yield `${toClockTimes(times, ".")}\n<v ${role}>${lines.map(escape).join("\n")}\n\n`;
  }),
};

/** A second track beside the subtitles. */
export const vttFindings: ExportFormat = {
  name: "vtt-findings",
  audience: "a second track under the recording, which shows what went wrong when it did",
  kept: "every finding, at its time",
  lost: "everything else",
  extension: "findings.vtt",
  mediaType: "text/vtt",
  holdsMany: false,
  texts: [],
  saysText: true,
  moment: undefined,
  write: writeEach(function* (call) {
    yield* writeHead(call, "findings");
    for (const { severity, rule, text, at_s, until_s } of call.findings) {
      const start_s = Math.max(0, at_s);
      const end_s = until_s ?? start_s + FINDING_SHOWN_S;
      const lines = breakLines(`${severity} ${rule}: ${toOneLine(text)}`).map((line) => line.text);
      yield `${toClockTimes({ start_s, end_s }, ".")}\n${lines.map(escape).join("\n")}\n\n`;
    }
  }),
};

function* writeHead({ name }: ExportedCall, what: string): Generator<string> {
  // An arrow would make a line of times of it.
  const shown = `${toOneLine(name)}, ${what}`.replaceAll("-->", "->");
  yield `WEBVTT ${shown}\n\n`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
