import type { Finding } from "../../insight/index.js";
import { formatMoment } from "../../insight/format-moment.js";
import { SeverityMark } from "./severity.js";

/** What is to be known of a call, first of all. Each finding is a button that goes to its moment. */
export function FindingsList({
  findings,
  at_s,
  onSelect,
}: {
  findings: readonly Finding[];
  at_s: number;
  onSelect: (at_s: number, id: string | undefined) => void;
}) {
  if (findings.length === 0) return <p class="muted findings-none">✓ Nothing was found.</p>;
  return (
    <ul class="findings" aria-label="Findings">
      {findings.map((finding, at) => (
        <li key={at}>
          <button
            type="button"
            class={finding.severity}
            aria-current={Math.abs(finding.at_s - at_s) < 0.06 ? "true" : undefined}
            onClick={() => onSelect(finding.at_s, finding.message_ids[0])}
          >
            <SeverityMark severity={finding.severity} />
            <span class="moment">{formatMoment(finding.at_s)}</span> {finding.text}
          </button>
        </li>
      ))}
    </ul>
  );
}
