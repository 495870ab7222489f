import { STAGE_FAMILIES, type Severity, type WaitStage, formatMoment } from "../insight/index.js";
import type { ExportedCall } from "./exported-call.js";
import { toHtml } from "./html-text.js";
import { lengthOf, listHeard } from "./speech-times.js";

const WIDTH = 1000;
/** The names of the lanes stand before them. */
const NAMES_WIDTH = 52;
const LANE = { user: 0, agent: 26, wait: 52, findings: 72 };
const BAR_HEIGHT = 20;
/** A bar that is narrower cannot be seen. */
const NARROWEST = 1.5;

/** Who was heard when, the waits, and the findings, as a picture. Pure. */
export function* drawTimeline(call: ExportedCall): Generator<string> {
  const heard = listHeard(call);
  const length_s = lengthOf(call, heard);
  const scale = (WIDTH - NAMES_WIDTH) / length_s;
  const x = (at_s: number): string => (NAMES_WIDTH + at_s * scale).toFixed(2);
  const bar = (
    kind: string,
    y: number,
    from_s: number,
    to_s: number,
    height = BAR_HEIGHT,
  ): string =>
    `<rect class="${kind}" x="${x(from_s)}" y="${y}" width="${Math.max(NARROWEST, (to_s - from_s) * scale).toFixed(2)}" height="${height}"/>`;
  yield `<svg viewBox="0 0 ${WIDTH} 104" role="img" aria-label="Who was heard when: the user above, the agent below">\n`;
  for (const y of [LANE.user, LANE.agent]) yield bar("track", y, 0, length_s);
  for (const { message, start_s, end_s } of heard) {
    yield bar(`${message.role}-bar`, LANE[message.role], start_s, end_s);
    const wait_s = call.view(message)?.line.wait?.e2e_s;
    if (wait_s !== undefined && wait_s > 0)
      yield bar("wait-bar", LANE.wait, Math.max(0, start_s - wait_s), start_s, 10);
  }
  for (const { severity, at_s, text } of call.findings) {
    const at = Number(x(Math.max(0, at_s)));
    yield `<g class="${severity}-mark"><title>${toHtml(text)}</title>${MARKS[severity](at)}</g>`;
  }
  for (const [name, y] of [
    ["user", 14],
    ["agent", 40],
    ["waits", 61],
    ["findings", 82],
  ] as const)
    yield `<text x="0" y="${y}">${name}</text>`;
  yield `<text x="${NAMES_WIDTH}" y="102">0:00.0</text><text x="${WIDTH}" y="102" text-anchor="end">${formatMoment(length_s)}</text>\n</svg>\n`;
}

/** The marks differ by shape as well as by colour. */
const MARKS: Readonly<Record<Severity, (x: number) => string>> = {
  bad: (x) => `<path d="M${x} 70l6 8-6 8-6-8z"/>`,
  warn: (x) => `<path d="M${x} 71l7 13h-14z"/>`,
  note: (x) => `<circle cx="${x}" cy="78" r="4"/>`,
};

const ROW = 16;
const LABEL_WIDTH = 190;

/** Where the time of a wait went, as a picture with a bar for each stage. Pure. */
export function drawWait(stages: readonly WaitStage[]): string {
  const first_s = stages[0]?.start_s ?? 0;
  const total_s = (stages.at(-1)?.end_s ?? 0) - first_s;
  if (total_s <= 0) return "";
  const scale = (600 - LABEL_WIDTH) / total_s;
  const rows = stages.map(({ name, start_s, end_s }, at) => {
    const x = LABEL_WIDTH + (start_s - first_s) * scale;
    const width = Math.max(NARROWEST, (end_s - start_s) * scale);
    const label = `${name.replaceAll("_", " ")} ${(end_s - start_s).toFixed(3)} s`;
    return `<text x="0" y="${at * ROW + 12}">${label}</text><rect class="${STAGE_FAMILIES[name]}" x="${x.toFixed(2)}" y="${at * ROW + 3}" width="${width.toFixed(2)}" height="11"/>`;
  });
  return `<svg viewBox="0 0 600 ${stages.length * ROW}" role="img" aria-label="Where the time went">${rows.join("")}</svg>`;
}
