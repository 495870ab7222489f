import type { CallLanes, Finding, ListedCall, TimelineEntry } from "../insight/index.js";
import type { Conversation, Sidecar } from "../record/index.js";

/** What the server answers and the page shows. Each is the `.json` twin of a view. */

/** `/calls.json?q=QUERY&offset=0&limit=100` */
export interface CallsAnswer {
  query: string;
  /** How many calls fit, however few are listed here. */
  total: number;
  /** Of these, how many have a bad finding, and how many a warning at worst. */
  bad: number;
  warn: number;
  /** The newest call that still runs. */
  live?: string;
  /** The newest first: what `talktrace list QUERY --json` prints, and the caller's first words. */
  calls: CallRow[];
  /** What cannot be read, by name. Without a query only, because nobody knows what it would fit. */
  unreadable: { name: string; reason: string }[];
}

export type CallRow = ListedCall & { first_words?: string };

/** `/c/NAME.json`: what `talktrace show NAME --json` prints, with the timeline and the lanes. */
export interface CallAnswer extends Conversation {
  file?: string;
  /** The call is open, but its process died. */
  left_behind?: true;
  findings: Finding[];
  sidecar?: Sidecar;
  timeline: TimelineEntry[];
  lanes: CallLanes;
}

/** `/about.json`: what the page needs to know of the server. */
export interface AboutAnswer {
  /** The folder, or the address, that is read. */
  source: string;
  version: string;
  /** Where Jaeger shows traces, without a slash at its end. */
  jaeger_ui?: string;
}

/** Any answer to what cannot be answered. */
export interface ProblemAnswer {
  error: string;
}
