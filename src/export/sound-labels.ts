import { toOneLine } from "../record/index.js";
import { type ExportFormat, type TextKind, writeEach } from "./export-format.js";
import { textOf } from "./message-text.js";
import { type HeardMessage, lengthOf, listHeard } from "./speech-times.js";

/** A message as one label: its text on one line. */
function labelOf({ message }: HeardMessage, kind: TextKind): string {
  const { text, unheard } = textOf(message, kind);
  return toOneLine(unheard === undefined ? text : `${text} [not heard: ${unheard}]`);
}

function seconds(at_s: number): string {
  return at_s.toFixed(6);
}

export const audacity: ExportFormat = {
  name: "audacity",
  audience: "Audacity's label track (File > Import > Labels)",
  kept: "a label for each message that was heard, and for each finding",
  lost: "typed and shown texts, tools, waits",
  extension: "labels.txt",
  mediaType: "text/tab-separated-values; charset=utf-8",
  holdsMany: false,
  texts: ["heard", "generated", "both"],
  saysText: false,
  moment: undefined,
  write: writeEach(function* (call, { text }) {
    for (const heard of listHeard(call))
      yield `${seconds(heard.start_s)}\t${seconds(heard.end_s)}\t${heard.message.role}: ${labelOf(heard, text)}\n`;
    for (const { at_s, until_s, severity, text: what } of call.findings)
      yield `${seconds(Math.max(0, at_s))}\t${seconds(Math.max(0, until_s ?? at_s))}\t${severity}: ${toOneLine(what)}\n`;
  }),
};

export const rttm: ExportFormat = {
  name: "rttm",
  audience: "scoring of diarisation",
  kept: "who was heard when (`SPEAKER` lines), by user and agent",
  lost: "every word",
  extension: "rttm",
  mediaType: "text/plain; charset=utf-8",
  holdsMany: true,
  texts: [],
  saysText: true,
  moment: undefined,
  write: writeEach(function* (call) {
    // Fields end at spaces.
    const file = toOneLine(call.name).replaceAll(/\s/g, "_") || "call";
    for (const { message, start_s, end_s } of listHeard(call)) {
      const length = seconds(end_s - start_s);
      yield `SPEAKER ${file} 1 ${seconds(start_s)} ${length} <NA> <NA> ${message.role} <NA> <NA>\n`;
    }
  }),
};

const ROLES = ["user", "agent"] as const;

export const textgrid: ExportFormat = {
  name: "textgrid",
  audience: "Praat, and who works with speech",
  kept: "a tier of intervals for each side, with the words of each message",
  lost: "typed and shown texts, tools, findings. Where two messages of one side overlap, the later one begins later",
  extension: "TextGrid",
  mediaType: "text/plain; charset=utf-8",
  holdsMany: false,
  texts: ["heard", "generated", "both"],
  saysText: true,
  moment: undefined,
  write: writeEach(function* (call, { text }) {
    const heard = listHeard(call);
    const end_s = lengthOf(call, heard);
    yield 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n';
    yield `xmin = 0 \nxmax = ${seconds(end_s)} \ntiers? <exists> \nsize = ${ROLES.length} \nitem []: \n`;
    for (const [index, role] of ROLES.entries()) {
      const intervals = listIntervals(heard, role, text, end_s);
      yield `    item [${index + 1}]:\n        class = "IntervalTier" \n        name = "${role} (${text})" \n`;
      yield `        xmin = 0 \n        xmax = ${seconds(end_s)} \n        intervals: size = ${intervals.length} \n`;
      for (const [at, interval] of intervals.entries())
        yield `        intervals [${at + 1}]:\n            xmin = ${seconds(interval.start_s)} \n            xmax = ${seconds(interval.end_s)} \n            text = "${interval.text.replaceAll('"', '""')}" \n`;
    }
  }),
};

interface Interval {
  start_s: number;
  end_s: number;
  text: string;
}

/** Intervals that cover the whole call without overlap, as Praat needs them. Silence has no text. */
function listIntervals(
  heard: readonly HeardMessage[],
  role: "user" | "agent",
  kind: TextKind,
  length_s: number,
): Interval[] {
  const intervals: Interval[] = [];
  let from_s = 0;
  // Intervals are written to the microsecond, so two times that are nearer are the same.
  const add = (end_s: number, text: string): void => {
    if (seconds(end_s) === seconds(from_s) || end_s < from_s) return;
    intervals.push({ start_s: from_s, end_s, text });
    from_s = end_s;
  };
  for (const each of heard) {
    if (each.message.role !== role) continue;
    add(each.start_s, "");
    add(each.end_s, labelOf(each, kind));
  }
  add(length_s, "");
  return intervals;
}
