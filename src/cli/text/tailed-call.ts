import { styles } from "./styles.js";
import type { Finding, ViewedMessage } from "../../insight/index.js";
import type { Message, Session } from "../../record/index.js";
import type { Screen } from "../run-command.js";
import { formatWait } from "./conversation-text.js";
import { formatFinding } from "./finding-line.js";
import { formatMessage } from "./timeline-text.js";

/** A message of a running call. */
export interface TailedMessage {
  call: string;
  message: Message;
  /** The message in the form for people. */
  view: ViewedMessage;
}

/** How a call ended. `left behind` means that its process died. */
export interface TailedEnd {
  call: string;
  status: Session["status"] | "left behind";
  close_reason?: string;
  duration_s?: number;
  findings: Finding[];
}

/** One part of a call, when it comes. Pure. */
export function formatTailed(part: TailedMessage | TailedEnd, screen: Screen): string {
  if ("message" in part) {
    const { stages } = part.view;
    return [
      formatMessage(part.view, screen),
      ...(stages.length === 0 ? [] : [formatWait(stages, screen)]),
    ].join("\n");
  }
  const { call, status, close_reason, duration_s, findings } = part;
  const length = duration_s === undefined ? "" : `, ${duration_s.toFixed(1)} s`;
  const why = close_reason === undefined ? "" : `, ${close_reason.replaceAll("_", " ")}`;
  const hint =
    status === "left behind" ? ": its process died; `talktrace recover` completes it" : "";
  return [
    "",
    ...findings.map((finding) => formatFinding(finding, screen)),
    styles.dim(`${call}: ${status}${length}${why}${hint}`),
  ].join("\n");
}
