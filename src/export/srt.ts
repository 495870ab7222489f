import { toClockTimes } from "./clock-time.js";
import { type ExportFormat, writeEach } from "./export-format.js";
import { listCues } from "./subtitle-cues.js";

/** SRT has no escapes, so signs that players take for tags or times are shown by similar ones. */
const LOOKALIKES: Readonly<Record<string, string>> = { "<": "‹", ">": "›", "{": "(", "}": ")" };
const LABEL_COLUMNS = "agent: ".length;

export const srt: ExportFormat = {
  name: "srt",
  audience: "subtitles under the recording, in any player",
  kept: "who said what, at the times at which it was heard; at most 2 lines of 42 columns, broken at words in any script",
  lost: "typed and shown texts, and all without a time of sound; tools and findings. Signs of markup (`<`, `>`, `{`, `}`) become similar ones",
  extension: "srt",
  mediaType: "application/x-subrip",
  holdsMany: false,
  texts: ["heard", "generated", "both"],
  saysText: false,
  moment: undefined,
  write: writeEach(function* (call, { text }) {
    let number = 0;
    for (const cue of listCues(call, text, LABEL_COLUMNS)) {
      number += 1;
      const lines = cue.lines.map(showSigns).join("\n");
      yield `${number}\n${toClockTimes(cue, ",")}\n${cue.role}: ${lines}\n\n`;
    }
  }),
};

function showSigns(line: string): string {
  return line.replace(/[<>{}]/g, (sign) => LOOKALIKES[sign] ?? sign);
}
