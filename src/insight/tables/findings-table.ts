import type { CallSummary } from "../call-summary.js";
import type { Finding } from "../findings/index.js";
import { CALL_COLUMN, type FilledColumn, tableOfSummaries } from "./table.js";

interface FoundInCall {
  call: CallSummary;
  finding: Finding;
}

const COLUMNS: readonly FilledColumn<FoundInCall>[] = [
  CALL_COLUMN,
  {
    name: "rule",
    type: "VARCHAR",
    about: "which rule found it, e.g. `slow_reply`",
    of: ({ finding }) => finding.rule,
  },
  {
    name: "severity",
    type: "VARCHAR",
    about: "`bad`, `warn` or `note`",
    of: ({ finding }) => finding.severity,
  },
  {
    name: "at_s",
    type: "DOUBLE",
    unit: "s",
    about: "when it began, from the call's start",
    of: ({ finding }) => finding.at_s,
  },
  {
    name: "until_s",
    type: "DOUBLE",
    unit: "s",
    about: "when it ended",
    of: ({ finding }) => finding.until_s,
  },
  {
    name: "value",
    type: "DOUBLE",
    unit: "`unit`",
    about: "what was measured",
    of: ({ finding }) => finding.value,
  },
  {
    name: "threshold",
    type: "DOUBLE",
    unit: "`unit`",
    about: "the value from which the rule finds something",
    of: ({ finding }) => finding.limit,
  },
  {
    name: "unit",
    type: "VARCHAR",
    about: "the unit of both: `s`, `words`, `times`, `share` or `dB`",
    of: ({ finding }) => finding.unit,
  },
  { name: "text", type: "VARCHAR", about: "one sentence", of: ({ finding }) => finding.text },
  {
    name: "message_ids",
    type: "VARCHAR[]",
    about: "the messages that it is about",
    of: ({ finding }) => finding.message_ids,
  },
  {
    name: "because",
    type: "JSON",
    about: "the stages that caused a wait, the longest first, in seconds",
    of: ({ finding }) =>
      finding.because === undefined ? undefined : JSON.stringify(finding.because),
  },
  {
    name: "certain",
    type: "BOOLEAN",
    about: "whether the record alone proves it",
    of: ({ finding }) => finding.certain,
  },
];

export const findingsTable = tableOfSummaries(
  "findings",
  "something that somebody should know of a call; findings.md has the rules",
  COLUMNS,
  (call) => call.findings.map((finding) => ({ call, finding })),
);
