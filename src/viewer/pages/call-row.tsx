import type { CallRow } from "../view-answers.js";
import { addressOfCall, followLink } from "./address.js";
import { formatLength, formatSeconds, formatStart, showName } from "./format.js";
import { SeverityMark } from "./severity.js";
import { Sparkline } from "./sparkline.js";

const ORDER = { bad: 0, warn: 1, note: 2 } as const;

export function CallRowLink({
  call,
  isOpen,
  isLive,
}: {
  call: CallRow;
  isOpen: boolean;
  isLive: boolean;
}) {
  const [worst] = call.findings.toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity]);
  const others = call.findings.length - 1;
  return (
    <a
      class="row"
      href={addressOfCall(call.name)}
      onClick={followLink}
      aria-current={isOpen ? "true" : undefined}
    >
      <SeverityMark severity={call.worst} />
      <span class="when">{formatStart(call.started_at)}</span>
      <bdi class="agent-name">{showName(call.agents[0] ?? call.name)}</bdi>
      <span class="length">{formatLength(call.duration_s)}</span>
      <span class="wait">
        waited {formatSeconds(call.median_wait_s)} <Sparkline values={call.waits_s} />
      </span>
      <span class="words" dir="auto">
        {call.first_words === undefined ? (
          <i class="muted">no words of the caller</i>
        ) : (
          `“${call.first_words}”`
        )}
      </span>
      <span class="why">
        {isLive && <b class="badge live">live</b>}
        {call.status === "open" && !isLive && <b class="badge">not closed</b>}
        {call.status === "recovered" && <b class="badge">recovered</b>}
        {call.verdict && <b class="badge">{call.verdict}</b>}
        {call.tags?.map((tag) => (
          <b key={tag} class="badge">
            #{tag}
          </b>
        ))}
        {worst !== undefined && (
          <span class={worst.severity}>
            {worst.text}
            {others > 0 && <span class="muted"> +{others}</span>}
          </span>
        )}
      </span>
    </a>
  );
}
