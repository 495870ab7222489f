import { styles } from "./styles.js";
import { formatMoment } from "../../insight/index.js";
import type { Screen } from "../run-command.js";
import { hangText } from "./wrap-text.js";
import type { CallNote, CallVerdict, Sidecar } from "../../record/index.js";

/** A call with what people say about it. */
export interface CallMarks {
  name: string;
  sidecar: Sidecar;
}

const VERDICT_MARKS: Record<CallVerdict, string> = {
  good: styles.green("✓ good"),
  bad: styles.red("✗ bad"),
  unsure: styles.yellow("? unsure"),
};

/** What people say about a call, below its name. Pure. */
export function formatMarks({ name, sidecar }: CallMarks, screen: Screen): string {
  const lines = formatSidecar(sidecar, screen);
  return [name, ...(lines.length === 0 ? ["nothing is said of it"] : lines)].join("\n");
}

/** What people say about a call, as lines; empty if nobody said anything. Pure. */
export function formatSidecar(
  { tags, verdict, notes, summary }: Sidecar,
  screen: Screen,
): string[] {
  const head = [
    ...(verdict === null ? [] : [VERDICT_MARKS[verdict]]),
    ...tags.map((tag) => styles.cyan(`#${tag}`)),
  ];
  return [
    ...(head.length === 0 ? [] : [head.join("  ")]),
    ...notes.map((note) => formatNote(note, screen)),
    ...(summary === undefined
      ? []
      : [
          hangText(
            [],
            [{ text: summary.text }, { text: ` (${summary.model})`, style: styles.dim }],
            screen,
          ),
        ]),
  ];
}

function formatNote({ id, at, by, text, at_s }: CallNote, screen: Screen): string {
  const place = at_s === undefined ? "" : `@${formatMoment(at_s)} `;
  const head = `${id} ${place}${by}, ${at.slice(0, 16).replace("T", " ")}:`;
  return hangText([], [{ text: head, style: styles.dim }, { text: ` ${text}` }], screen);
}
