import pc from "picocolors";
import type { Finding, ViewedMessage } from "../../insight/index.js";
import type { Message, Session, Stage } from "../../record/index.js";
import type { Screen } from "../run-command.js";
import { formatMessage, formatWait } from "./conversation-text.js";
import { formatFinding } from "./finding-line.js";

/** A message of a call that goes on. */
export interface TailedMessage {
  call: string;
  message: Message;
  /** How people read it. */
  view: ViewedMessage;
  /** Where the wait for it went. */
  stages?: Stage[];
}

/** How a call ended. `left behind`: its process died. */
export interface TailedEnd {
  call: string;
  status: Session["status"] | "left behind";
  close_reason?: string;
  duration_s?: number;
  findings: Finding[];
}

/** A part of a call as it comes. Pure. */
export function formatTailed(part: TailedMessage | TailedEnd, screen: Screen): string {
  if ("message" in part) {
    const wait = part.view.latency && formatWait(part.view.latency, screen);
    return [formatMessage(part.view), ...(wait === undefined ? [] : [wait])].join("\n");
  }
  const { call, status, close_reason, duration_s, findings } = part;
  const length = duration_s === undefined ? "" : `, ${duration_s.toFixed(1)} s`;
  const why = close_reason === undefined ? "" : `, ${close_reason.replaceAll("_", " ")}`;
  const hint =
    status === "left behind" ? ": its process died; `talktrace recover` completes it" : "";
  return [
    "",
    ...findings.map(formatFinding),
    pc.dim(`${call}: ${status}${length}${why}${hint}`),
  ].join("\n");
}
