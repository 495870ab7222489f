import { styles } from "./styles.js";
import type { CallOutline } from "../../insight/index.js";
import type { CallSummaryText } from "../../record/index.js";
import type { Screen } from "../run-command.js";
import { describeStart } from "./call-start.js";
import { formatFinding } from "./finding-line.js";
import { formatSpread } from "./format-spread.js";

/** The outline of a call in a few lines. Pure. */
export function formatOutline(
  call: CallOutline & { name: string; summary?: CallSummaryText },
  screen: Screen,
): string {
  const { tools, key_phrases: phrases, findings, wait_s, summary } = call;
  const length = call.duration_s === undefined ? "" : `, ${call.duration_s.toFixed(0)} s`;
  const turns = call.turns === undefined ? "" : `, ${call.turns} turns`;
  const why = call.close_reason === undefined ? "" : `, ${call.close_reason.replaceAll("_", " ")}`;
  return [
    `${call.name}  ${describeStart(call.started_at)}${length}${turns}, ${call.status}${why}`,
    ...(summary === undefined
      ? []
      : [
          "",
          summary.text,
          styles.dim(`${summary.model}, ${summary.at.slice(0, 16).replace("T", " ")}`),
        ]),
    "",
    ...row("began with", call.first_words),
    ...row("ended with", call.last_words),
    ...row("about", phrases.map(({ text, count }) => `${text} (${count})`).join(", ")),
    ...row("tools", tools.map(describeTool).join(", ")),
    ...row("waited", wait_s && formatSpread(wait_s)),
    ...findings.map((finding) => formatFinding(finding, screen)),
  ].join("\n");
}

function describeTool({ name, calls, failed }: CallOutline["tools"][number]): string {
  const times = calls === 1 ? "once" : `${calls} times`;
  return `${name} ${times}${failed === 0 ? "" : `, ${failed} failed`}`;
}

function row(name: string, text: string | undefined): string[] {
  return text === undefined || text === "" ? [] : [`${styles.dim(name.padEnd(11))} ${text}`];
}
