import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { CallAnswer } from "../view-answers.js";
import { formatMoment } from "../../insight/format-moment.js";
import { formatSeconds, nameStage } from "./format.js";
import { useKeys } from "./keys.js";
import { LANES_HEIGHT, drawLanes, readColours } from "./lane-drawing.js";
import { coloursVersion } from "./screen.js";

const NEAREST_S = 2;

/** Who was heard when, drawn on a canvas, and the same in words for screen readers. */
export function CallLanesView({
  call,
  at_s,
  selected,
  isLive,
  onSeek,
}: {
  call: CallAnswer;
  at_s: number;
  selected: string | undefined;
  isLive: boolean;
  onSeek: (at_s: number) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [zoom, setZoom] = useState(1);
  const length_s = Math.max(1, call.lanes.length_s);
  const most = Math.max(1, length_s / NEAREST_S);
  const shown_s = length_s / Math.min(zoom, most);
  // The moment stays in the middle, as far as the call reaches.
  const from_s = Math.max(0, Math.min(length_s - shown_s, at_s - shown_s / 2));
  const until_s = from_s + shown_s;
  useKeys({
    "+": () => setZoom(Math.min(most, zoom * 2)),
    "=": () => setZoom(Math.min(most, zoom * 2)),
    "-": () => setZoom(Math.max(1, zoom / 2)),
    "0": () => setZoom(1),
  });
  useEffect(() => {
    const element = canvas.current?.parentElement;
    if (element === null || element === undefined) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const version = coloursVersion.value;
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (element === null || context === null || context === undefined || width === 0) return;
    const scale = devicePixelRatio;
    element.width = Math.round(width * scale);
    element.height = Math.round(LANES_HEIGHT * scale);
    const scene = { lanes: call.lanes, findings: call.findings, from_s, until_s, at_s, selected };
    drawLanes(context, { ...scene, isLive }, readColours(element), width, scale);
  }, [call, width, from_s, until_s, at_s, selected, isLive, version]);

  const [hovered, setHovered] = useState<string>();
  const momentAt = (event: MouseEvent): number => {
    const box = canvas.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return at_s;
    return from_s + ((event.clientX - box.left) / box.width) * (until_s - from_s);
  };
  return (
    <section class="lanes" aria-label="Timeline">
      <div class="lane-names" aria-hidden="true">
        <span />
        <span class="user">caller</span>
        <span class="agent">agent</span>
        <span>wait</span>
        <span>tools</span>
        <span>findings</span>
      </div>
      <div class="lane-canvas">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`Lanes from ${formatMoment(from_s)} to ${formatMoment(until_s)}, as the list after this picture says in words`}
          title={hovered}
          onClick={(event) => onSeek(momentAt(event))}
          onMouseMove={(event) => setHovered(describeAt(call, momentAt(event)))}
        />
      </div>
      <p class="lane-tools">
        <Legend />
        <span class="zoom">
          <button type="button" onClick={() => setZoom(Math.max(1, zoom / 2))} disabled={zoom <= 1}>
            <span class="unseen">Zoom out</span>
            <span aria-hidden="true">−</span>
          </button>
          <button
            type="button"
            onClick={() => setZoom(Math.min(most, zoom * 2))}
            disabled={zoom >= most}
          >
            <span class="unseen">Zoom in</span>
            <span aria-hidden="true">+</span>
          </button>
          <button type="button" onClick={() => setZoom(1)} disabled={zoom <= 1}>
            Whole call
          </button>
        </span>
      </p>
      <LanesInWords call={call} />
    </section>
  );
}

/** The meaning of colours and patterns. */
function Legend() {
  return (
    <span class="legend muted">
      <span>
        <i class="hear" /> hear
      </span>
      <span>
        <i class="think" /> think
      </span>
      <span>
        <i class="speak" /> speak
      </span>
      <span>
        <i class="hatched" /> never heard
      </span>
      <span>no sound was recorded</span>
    </span>
  );
}

function describeAt({ lanes, findings }: CallAnswer, at_s: number): string {
  const finding = findings.find((each) => Math.abs(each.at_s - at_s) < 0.4);
  const wait = lanes.waits.find((each) => each.from_s <= at_s && at_s <= each.until_s);
  const stage = wait?.stages.find((each) => each.from_s <= at_s && at_s <= each.until_s);
  const parts = [
    formatMoment(at_s),
    stage && `${nameStage(stage.name)} ${formatSeconds(stage.until_s - stage.from_s)}`,
    finding?.text,
  ];
  return parts.filter((part) => part !== undefined).join("  ");
}

function LanesInWords({ call }: { call: CallAnswer }) {
  const lines = useMemo(() => {
    const { speeches, waits, tools } = call.lanes;
    const all = [
      ...speeches.map(({ who, from_s, until_s, unheard_s }) => ({
        from_s,
        text: `${who === "user" ? "The caller" : "The agent"} spoke until ${formatMoment(until_s)}${unheard_s === undefined ? "" : `; ${formatSeconds(unheard_s)} more were never heard`}`,
      })),
      ...waits.map(({ from_s, until_s, stages }) => ({
        from_s,
        text: `The caller waited ${formatSeconds(until_s - from_s)}: ${stages.map((stage) => `${nameStage(stage.name)} ${formatSeconds(stage.until_s - stage.from_s)}`).join(", ")}`,
      })),
      ...tools.map(({ name, from_s, outcome }) => ({
        from_s,
        text: `The tool ${name} ran: ${outcome}`,
      })),
    ];
    return all.toSorted((a, b) => a.from_s - b.from_s);
  }, [call]);
  return (
    <ol class="unseen" aria-label="The lanes in words">
      {lines.map(({ from_s, text }, at) => (
        <li key={at}>
          {formatMoment(from_s)} {text}
        </li>
      ))}
    </ol>
  );
}
