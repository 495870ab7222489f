import { styles } from "./styles.js";
import {
  type Conversation,
  type Participant,
  type Session,
  type Sidecar,
  isUndatedStart,
} from "../../record/index.js";
import { textOfJson } from "../../record/json-data.js";
import { isDemo } from "../../insight/index.js";
import type { Screen } from "../run-command.js";
import { formatSidecar } from "./call-marks.js";
import { type Piece, hangText } from "./wrap-text.js";

/** What is known of a call beside its record. */
export interface CallFiles {
  /** The path of the document; undefined if the source keeps no files. */
  file: string | undefined;
  /** The call is open, but its process died. */
  isDead: boolean;
  /** Damaged lines in the journal of an open call. */
  damagedJournalLines: number;
}

const LABEL_COLUMNS = 11;

/** The head of a call: where it is kept, when, who, how it ended, and what is missing. Pure. */
export function formatHead(
  name: string,
  { session, integrity, metrics }: Conversation,
  files: CallFiles,
  sidecar: Sidecar | undefined,
  screen: Screen,
): string {
  const { duration_s } = metrics;
  const length = duration_s === undefined ? "" : `, ${duration_s.toFixed(1)} s`;
  return [
    hangText([], [{ text: files.file ?? name, style: styles.bold }], screen),
    hangText(
      [],
      [
        { text: `${describeDate(session.started_at)}${length}, ` },
        describeStatus(session, files.isDead),
        { text: isDemo(session) ? ", a call of the demo" : "" },
      ],
      screen,
    ),
    ...describeSession(session).flatMap(([label, text]) => row(label, [{ text }], screen)),
    ...(sidecar === undefined ? [] : formatSidecar(sidecar, screen)),
    ...describeLosses(integrity, files).map((text) =>
      hangText([{ text: "▲ ", style: styles.yellow }], [{ text }], screen),
    ),
  ].join("\n");
}

function row(label: string, text: readonly Piece[], screen: Screen): string[] {
  if (text.every((piece) => piece.text === "")) return [];
  return [hangText([{ text: label.padEnd(LABEL_COLUMNS), style: styles.dim }], text, screen)];
}

/** `2026-11-22 06:05:14 +00:00` */
function describeDate(timestamp: string): string {
  if (isUndatedStart(timestamp)) return "no date";
  return timestamp
    .replace("T", " ")
    .replace(/\.\d+/, "")
    .replace(/(?=[+-]\d\d:\d\d$)/, " ");
}

function describeStatus({ status, close_reason, imported_from }: Session, isDead: boolean): Piece {
  const why = close_reason === undefined ? "" : `: ${close_reason.replaceAll("_", " ")}`;
  if (isDead)
    return {
      text: "left behind: its process died; `talktrace recover` completes it",
      style: styles.red,
    };
  switch (status) {
    case "open":
      return { text: "open: the call goes on", style: styles.green };
    case "recovered":
      if (imported_from !== undefined)
        return { text: `cut off${why}: its file does not have the end`, style: styles.yellow };
      return {
        text: `recovered${why}: its process died, and the record was completed from its journal`,
        style: styles.yellow,
      };
    case "complete":
      return { text: `complete${why}` };
  }
}

function describeSession(session: Session): [label: string, text: string][] {
  const { participants = [], attributes = {}, software } = session;
  const callers = participants.filter(({ linked }) => linked === true);
  const others = participants.filter(({ linked }) => linked !== true);
  return [
    ["room", joinKnown([withId(session.room, session.room_id), prefix("job", session.job)])],
    ...callers.map((each): [string, string] => ["caller", describeParticipant(each)]),
    ...others.map((each): [string, string] => ["also there", describeParticipant(each)]),
    ["agent", joinKnown([session.agent, prefix("dispatched as", session.agent_name)])],
    ["dispatched", session.dispatch_metadata ?? ""],
    [
      "attributes",
      joinKnown(Object.entries(attributes).map(([name, value]) => `${name}: ${textOfJson(value)}`)),
    ],
    ["session", joinKnown([session.id, prefix("trace", session.trace_id)])],
    [
      "software",
      joinKnown(Object.entries(software).map(([name, version]) => `${name} ${version}`)),
    ],
    ["imported", describeImport(session.imported_from)],
  ];
}

function describeImport(source: Session["imported_from"]): string {
  if (source === undefined) return "";
  const { format, file, missing = [] } = source;
  const without = missing.length === 0 ? "" : `, without ${missing.join(", ")}`;
  return `${format} from ${file}${without}`;
}

function describeParticipant({ identity, name, kind, sip = {}, left_reason }: Participant): string {
  return joinKnown([
    identity,
    name === identity ? undefined : name,
    kind === "standard" ? undefined : kind,
    ...Object.entries(sip).map(([attribute, value]) => `${attribute} ${value}`),
    prefix("left:", left_reason?.replaceAll("_", " ")),
  ]);
}

function withId(name: string | undefined, id: string | undefined): string | undefined {
  return id === undefined ? name : `${name ?? ""} (${id})`.trimStart();
}

function prefix(label: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : `${label} ${value}`;
}

function joinKnown(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(", ");
}

function describeLosses(
  { dropped, damaged_lines, deferred = 0 }: Conversation["integrity"],
  { damagedJournalLines }: CallFiles,
): string[] {
  return [
    ...(dropped > 0
      ? [`${changes(dropped)} never reached the disk and ${are(dropped)} missing here`]
      : []),
    ...(damaged_lines > 0
      ? [
          `${damaged_lines} damaged ${lines(damaged_lines)} of the journal ${are(damaged_lines)} missing here`,
        ]
      : []),
    ...(damagedJournalLines > 0
      ? [
          `the journal has ${damagedJournalLines} damaged ${lines(damagedJournalLines)}, so words may be missing`,
        ]
      : []),
    ...(deferred > 0
      ? [
          `${changes(deferred)} waited in memory for the disk; nothing of ${deferred === 1 ? "it" : "them"} is missing`,
        ]
      : []),
  ];
}

function changes(n: number): string {
  return `${n} ${n === 1 ? "change" : "changes"}`;
}

function lines(n: number): string {
  return n === 1 ? "line" : "lines";
}

function are(n: number): string {
  return n === 1 ? "is" : "are";
}
