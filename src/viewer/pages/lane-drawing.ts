import type { CallLanes, Finding } from "../../insight/index.js";
import { formatMoment } from "../../insight/format-moment.js";

/** What the canvas shows: a stretch of a call, and a moment in it. */
export interface LaneScene {
  lanes: CallLanes;
  findings: readonly Finding[];
  from_s: number;
  until_s: number;
  at_s: number;
  selected: string | undefined;
  isLive: boolean;
}

export interface Colours {
  ground: string;
  panel: string;
  line: string;
  text: string;
  muted: string;
  user: string;
  agent: string;
  hear: string;
  think: string;
  speak: string;
  bad: string;
  warn: string;
}

/** Where each lane begins, and how high it is, in CSS pixels. */
export const LANES = {
  axis: { top: 0, height: 20 },
  user: { top: 24, height: 26 },
  agent: { top: 54, height: 26 },
  wait: { top: 86, height: 18 },
  tools: { top: 108, height: 14 },
  findings: { top: 126, height: 18 },
} as const;
export const LANES_HEIGHT = 148;
/** A bar that is narrower cannot be seen. */
const NARROWEST = 2;
const FEWEST_PIXELS_PER_TICK = 72;
const TICKS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

export function readColours(element: Element): Colours {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: read("ground"),
    panel: read("panel"),
    line: read("line"),
    text: read("text"),
    muted: read("muted"),
    user: read("user"),
    agent: read("agent"),
    hear: read("hear"),
    think: read("think"),
    speak: read("speak"),
    bad: read("bad"),
    warn: read("warn"),
  };
}

/** Draws the lanes. `scale` is the number of device pixels in a CSS pixel. */
export function drawLanes(
  context: CanvasRenderingContext2D,
  scene: LaneScene,
  colours: Colours,
  width: number,
  scale: number,
): void {
  const { from_s, until_s } = scene;
  const perSecond = width / Math.max(0.001, until_s - from_s);
  const x = (at_s: number): number => (at_s - from_s) * perSecond;
  const isSeen = (start_s: number, end_s: number): boolean => end_s >= from_s && start_s <= until_s;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, LANES_HEIGHT);
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  const paint: Paint = { context, colours, x, isSeen, width };
  drawAxis(paint, from_s, until_s, perSecond);
  drawWaits(paint, scene);
  drawSpeeches(paint, scene);
  drawTools(paint, scene);
  drawFindings(paint, scene);
  const head = x(scene.at_s);
  context.strokeStyle = colours.text;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(head, LANES.axis.height - 6);
  context.lineTo(head, LANES_HEIGHT);
  context.stroke();
}

interface Paint {
  context: CanvasRenderingContext2D;
  colours: Colours;
  x(at_s: number): number;
  isSeen(start_s: number, end_s: number): boolean;
  width: number;
}

function drawAxis(paint: Paint, from_s: number, until_s: number, perSecond: number): void {
  const { context, colours, x, width } = paint;
  const step =
    TICKS_S.find((each) => each * perSecond >= FEWEST_PIXELS_PER_TICK) ?? TICKS_S.at(-1)!;
  context.fillStyle = colours.panel;
  for (const { top, height } of [LANES.user, LANES.agent]) context.fillRect(0, top, width, height);
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  for (let tick = Math.ceil(from_s / step) * step; tick <= until_s; tick += step) {
    const at = Math.round(x(tick)) + 0.5;
    context.beginPath();
    context.moveTo(at, LANES.axis.height);
    context.lineTo(at, LANES_HEIGHT);
    context.stroke();
    context.fillStyle = colours.muted;
    const text = step < 1 ? formatMoment(tick) : formatMoment(tick).replace(/\.0$/, "");
    if (at + 30 < width) context.fillText(text, at + 3, 9);
  }
}

function drawSpeeches(
  { context, colours, x, isSeen }: Paint,
  { lanes, selected }: LaneScene,
): void {
  for (const [at, speech] of lanes.speeches.entries()) {
    const { id, who, from_s, until_s, unheard_s = 0, is_pending } = speech;
    if (!isSeen(from_s, until_s + unheard_s)) continue;
    const { top, height } = LANES[who];
    const [left, right] = [x(from_s), x(until_s)];
    const length = Math.max(NARROWEST, right - left);
    context.fillStyle = colours[who];
    context.globalAlpha = is_pending === true ? 0.55 : 1;
    context.beginPath();
    context.roundRect(left, top + 3, length, height - 6, Math.min(3, length / 2));
    context.fill();
    context.globalAlpha = 1;
    if (unheard_s > 0) {
      // What would have been said ends where the agent speaks again.
      const next = lanes.speeches.find((each, place) => place > at && each.who === who);
      const end_s = Math.min(until_s + unheard_s, next?.from_s ?? Infinity);
      const rest = Math.max(NARROWEST, x(end_s) - right);
      hatch(context, colours[who], right, top + 3, rest, height - 6);
    }
    if (id !== selected) continue;
    context.strokeStyle = colours.text;
    context.lineWidth = 2;
    context.strokeRect(left - 1, top + 1, length + 2, height - 2);
  }
}

/** A wait fills the silence before its reply: a band over both lanes, and its stages below them. */
function drawWaits({ context, colours, x, isSeen }: Paint, { lanes }: LaneScene): void {
  const { top, height } = LANES.wait;
  for (const { from_s, until_s, stages } of lanes.waits) {
    if (!isSeen(from_s, until_s)) continue;
    context.fillStyle = colours.muted;
    context.globalAlpha = 0.13;
    context.fillRect(
      x(from_s),
      LANES.user.top,
      Math.max(NARROWEST, x(until_s) - x(from_s)),
      top - LANES.user.top,
    );
    context.globalAlpha = 1;
    for (const run of joinFamilies(stages)) {
      const left = x(run.from_s);
      const length = Math.max(1, x(run.until_s) - left - 0.5);
      context.fillStyle = colours[run.family];
      context.fillRect(left, top, length, height);
      const label = length > 40 ? run.family : length > 12 ? run.family[0]! : "";
      if (label === "") continue;
      context.fillStyle = colours.ground;
      context.fillText(label, left + 4, top + height / 2 + 0.5);
    }
  }
}

type Stages = CallLanes["waits"][number]["stages"];

/** Neighbouring stages of one family are one bar. */
function joinFamilies(stages: Stages): Omit<Stages[number], "name">[] {
  const runs: Omit<Stages[number], "name">[] = [];
  for (const { family, from_s, until_s } of stages) {
    const last = runs.at(-1);
    if (last?.family === family) last.until_s = until_s;
    else runs.push({ family, from_s, until_s });
  }
  return runs;
}

function drawTools({ context, colours, x, isSeen }: Paint, { lanes }: LaneScene): void {
  const { top, height } = LANES.tools;
  for (const { name, from_s, until_s, outcome } of lanes.tools) {
    if (!isSeen(from_s, until_s)) continue;
    const left = x(from_s);
    const length = Math.max(4, x(until_s) - left);
    context.fillStyle = outcome === "ok" ? colours.think : colours.bad;
    context.fillRect(left, top + 1, length, height - 2);
    context.fillStyle = colours.text;
    context.fillText(name.slice(0, 24), left + length + 4, top + height / 2 + 0.5);
  }
}

/** The shapes differ, not only the colours. */
function drawFindings({ context, colours, x, width }: Paint, { findings }: LaneScene): void {
  const middle = LANES.findings.top + LANES.findings.height / 2;
  for (const { severity, at_s } of findings) {
    const place = x(at_s);
    // A finding at an end of the call is drawn within the picture.
    if (place < -1 || place > width + 8) continue;
    const at = Math.min(width - 8, Math.max(8, place));
    context.beginPath();
    if (severity === "note") context.arc(at, middle, 4, 0, 2 * Math.PI);
    else {
      const corners: readonly (readonly [number, number])[] =
        severity === "bad"
          ? [
              [0, -8],
              [6, 0],
              [0, 8],
              [-6, 0],
            ]
          : [
              [0, -7],
              [7, 6],
              [-7, 6],
            ];
      for (const [across, down] of corners) context.lineTo(at + across, middle + down);
      context.closePath();
    }
    context.fillStyle = severity === "note" ? colours.muted : colours[severity];
    context.fill();
  }
}

function hatch(
  context: CanvasRenderingContext2D,
  colour: string,
  left: number,
  top: number,
  width: number,
  height: number,
): void {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  const first = Math.max(left - height, -height * 2);
  const last = Math.min(left + width, 10_000);
  context.beginPath();
  for (let at = first; at < last; at += 6) {
    context.moveTo(at, top + height);
    context.lineTo(at + height, top);
  }
  context.stroke();
  context.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
  context.restore();
}
