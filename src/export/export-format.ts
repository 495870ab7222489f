import type { ExportedCall } from "./exported-call.js";

/**
 * The words of the agent that an export has:
 *
 * - `heard`: what the caller heard.
 * - `generated`: what the model wrote, heard or not.
 * - `both`: what was heard, and apart from it what was not.
 */
export const TEXT_KINDS = ["heard", "generated", "both"] as const;
export type TextKind = (typeof TEXT_KINDS)[number];

/** What one row of a table is. */
export const ROW_KINDS = ["messages", "turns", "findings"] as const;
export type RowKind = (typeof ROW_KINDS)[number];

export const VCON_BODIES = ["json", "string"] as const;
export type VconBody = (typeof VCON_BODIES)[number];

export interface ExportOptions {
  text: TextKind;
  /** Only `csv`. */
  rows: RowKind;
  /** Only `csv`: whether the file begins with a byte order mark, by which Excel knows UTF-8. */
  bom: boolean;
  /** Only `vcon`: whether a body of JSON is a value or a string. */
  vconBody: VconBody;
  /** The time of the export. */
  now: Date;
  /** Called with a line about a call that the format cannot hold and leaves out. */
  onLeftOut(line: string): void;
}

/** What a format does with a moment of a call, e.g. `NAME@1:12.4`. */
export type MomentUse =
  /** It writes the turn at the moment, and one turn before and after it. */
  | "excerpt"
  /** It writes the messages that had begun at the moment. */
  | "until"
  /** It writes the whole call and opens at the moment. */
  | "opens";

/** One form in which calls are given away. docs/formats.md is generated from these. */
export interface ExportFormat {
  /** What `--format` takes. */
  name: string;
  /** Who uses it, in a few words. */
  audience: string;
  kept: string;
  lost: string;
  /** The ending of its files, without a dot. */
  extension: string;
  mediaType: string;
  /** Whether one file may hold several calls. */
  holdsMany: boolean;
  /** The words that it may have, the default first. Empty: it has no words. */
  texts: readonly TextKind[];
  /** Whether the file itself says which words it has. If not, its name does. */
  saysText: boolean;
  moment: MomentUse | undefined;
  /** The file, piece by piece. A call is read only when the one before it was written. */
  write(
    calls: AsyncIterable<ExportedCall>,
    options: ExportOptions,
  ): AsyncIterable<string | Uint8Array>;
}

/** A format by itself: it writes one call after the other, and nothing around them. */
export function writeEach(
  writeCall: (call: ExportedCall, options: ExportOptions) => Iterable<string>,
): ExportFormat["write"] {
  return async function* (calls, options) {
    for await (const call of calls) yield* writeCall(call, options);
  };
}
