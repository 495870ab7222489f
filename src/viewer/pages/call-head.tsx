import type { CallAnswer } from "../view-answers.js";
import { count, formatLength, formatSeconds, formatStart, showName } from "./format.js";

export function CallHead({
  name,
  call,
  isLive,
}: {
  name: string;
  call: CallAnswer;
  isLive: boolean;
}) {
  const { session, metrics, sidecar } = call;
  const spoken = call.conversation.find((message) => message.role === "agent");
  const who = session.agent ?? session.agent_name ?? spoken?.agent;
  return (
    <header class="call-head">
      <h1>
        <bdi>{showName(who ?? name)}</bdi>
        {isLive && <b class="badge live">live</b>}
        {call.left_behind && <b class="badge">left behind</b>}
        {session.status === "recovered" && <b class="badge">recovered</b>}
        {sidecar?.verdict && <b class="badge">{sidecar.verdict}</b>}
        {sidecar?.tags.map((tag) => (
          <b key={tag} class="badge">
            #{tag}
          </b>
        ))}
      </h1>
      <p class="muted facts">
        <span>{formatStart(session.started_at)}</span>
        <span>{formatLength(metrics.duration_s ?? call.lanes.length_s)}</span>
        <span>{count(call.conversation.length, "message")}</span>
        {metrics.e2e_s !== undefined && (
          <span>
            waited {formatSeconds(metrics.e2e_s.median)}, at most {formatSeconds(metrics.e2e_s.max)}
          </span>
        )}
        {session.close_reason !== undefined && (
          <span>{session.close_reason.replaceAll("_", " ")}</span>
        )}
        <span class="file">
          <bdi>{showName(name)}</bdi>
        </span>
      </p>
      {call.left_behind && (
        <p class="notice">
          The process of this call died. <code>talktrace recover</code> completes its record.
        </p>
      )}
      {session.status === "recovered" && (
        <p class="notice">
          The process of this call died, and its journal completed the record. The last moments may
          be missing.
        </p>
      )}
    </header>
  );
}
