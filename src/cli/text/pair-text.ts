import { styles } from "./styles.js";
import type { PairComparison, PairedCall, PairedTurn, TurnSide } from "../../insight/index.js";
import type { Screen } from "../run-command.js";
import { type Cell, alignColumns } from "./columns.js";
import { formatDifferences } from "./comparison-text.js";
import { formatFinding } from "./finding-line.js";
import { hangText } from "./wrap-text.js";

/** Two calls turn by turn, with the waits side by side, for people. Pure. */
export function formatPair({ a, b, differs, turns }: PairComparison, screen: Screen): string {
  return [
    alignColumns([HEAD, describeCall("A", a), describeCall("B", b)], screen).join("\n"),
    formatDifferences(differs, screen),
    turns.map((turn) => formatTurn(turn, screen)).join("\n"),
    ...formatFindings("A", a, screen),
    ...formatFindings("B", b, screen),
    styles.dim("Two calls differ by chance too; compare sets of calls to judge a change"),
  ].join("\n\n");
}

const HEAD: Cell[] = ["", "length", "median wait", "messages", "cut off", "call"].map(
  (text, at) => ({ text, style: styles.bold, isRight: at > 0 && at < 5 }),
);

function describeCall(side: string, call: PairedCall): Cell[] {
  return [
    { text: side, style: styles.bold },
    { text: secondsOf(call.duration_s, 1), isRight: true },
    { text: secondsOf(call.median_wait_s, 2), isRight: true },
    { text: String(call.user_messages + call.agent_messages), isRight: true },
    { text: String(call.interruptions), isRight: true },
    { text: call.name },
  ];
}

function secondsOf(value: number | undefined, digits: number): string {
  return value === undefined ? "-" : `${value.toFixed(digits)} s`;
}

/** Words that are the same on both sides stand once. */
function formatTurn({ a, b, wait_difference_s }: PairedTurn, screen: Screen): string {
  const lines: string[] = [];
  const isSameUser = a !== undefined && b !== undefined && a.user === b.user;
  const isSameAgent = a !== undefined && b !== undefined && a.agent === b.agent;
  const add = (
    side: string,
    turn: TurnSide | undefined,
    who: "user" | "agent",
    wait = "",
  ): void => {
    if (turn === undefined || turn[who] === "") return;
    lines.push(
      hangText(
        [
          { text: `${side.padEnd(2)} ${turn.turn.padStart(3)} `, style: styles.dim },
          { text: who.padEnd(5), style: who === "user" ? styles.yellow : styles.cyan },
          { text: " " },
        ],
        [{ text: turn[who] }, { text: wait, style: styles.magenta, isWhole: true }],
        screen,
      ),
    );
  };
  if (isSameUser) add("", a, "user");
  else {
    add("A", a, "user");
    add("B", b, "user");
  }
  if (isSameAgent) add("", a, "agent", describeWaits(a, b, wait_difference_s));
  else {
    add("A", a, "agent", describeWait(a));
    add("B", b, "agent", `${describeWait(b)}${describeChange(wait_difference_s)}`);
  }
  return lines.join("\n");
}

function describeWait(turn: TurnSide | undefined): string {
  return turn?.wait_s === undefined ? "" : `  [${turn.wait_s.toFixed(2)} s]`;
}

function describeWaits(a: TurnSide, b: TurnSide, change: number | undefined): string {
  if (a.wait_s === undefined && b.wait_s === undefined) return "";
  const [was, is] = [a, b].map(({ wait_s }) => secondsOf(wait_s, 2));
  return `  [${was} → ${is}]${describeChange(change)}`;
}

function describeChange(change: number | undefined): string {
  return change === undefined ? "" : ` ${change < 0 ? "-" : "+"}${Math.abs(change).toFixed(2)} s`;
}

function formatFindings(side: string, { findings }: PairedCall, screen: Screen): string[] {
  if (findings.length === 0) return [];
  return [
    [
      styles.bold(`What is to be known of ${side}`),
      ...findings.map((finding) => formatFinding(finding, screen)),
    ].join("\n"),
  ];
}
