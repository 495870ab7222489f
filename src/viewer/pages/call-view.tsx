import { useEffect, useMemo, useState } from "preact/hooks";
import type { Finding } from "../../insight/index.js";
import type { CallAnswer } from "../view-answers.js";
import { about, useAnswer } from "./answers.js";
import { addressOfCall, go, parameter, parameters } from "./address.js";
import { CallHead } from "./call-head.js";
import { CallLanesView } from "./call-lanes-view.js";
import { FindingsList } from "./findings-list.js";
import { useKeys } from "./keys.js";
import { MessagePanel, addressInJaeger } from "./message-panel.js";
import { Loading, Problem } from "./states.js";
import { Transcript } from "./transcript.js";
import { isWide } from "./screen.js";

const ORDER = { bad: 0, warn: 1, note: 2 } as const;

/** One call. Without a moment in the address it opens at its worst finding. */
export function CallView({ name, isFollowing }: { name: string; isFollowing?: boolean }) {
  const { data, error } = useAnswer<CallAnswer>(`/c/${encodeURIComponent(name)}.json`);
  useEffect(() => {
    document.title = `${name} - TalkTrace`;
  }, [name]);
  if (data === undefined) {
    if (error === undefined) return <Loading what="the call" />;
    return (
      <Problem title="This call cannot be shown" text={error} isPage>
        <pre>talktrace verify "{name}"</pre>
      </Problem>
    );
  }
  return <Call name={name} call={data} isFollowing={isFollowing === true} />;
}

function Call({
  name,
  call,
  isFollowing,
}: {
  name: string;
  call: CallAnswer;
  isFollowing: boolean;
}) {
  const isLive = call.session.status === "open" && call.left_behind !== true;
  const [follows, setFollows] = useState(isFollowing);
  const [showsRaw, setShowsRaw] = useState(false);
  const worst = useMemo(
    () => call.findings.toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity])[0],
    [call],
  );
  const last = call.conversation.at(-1);
  const isAtEnd = isLive && follows;
  const given = Number(parameter("t") || NaN);
  const asked = parameter("m");
  const at_s = isAtEnd
    ? call.lanes.length_s
    : Number.isNaN(given)
      ? (worst?.at_s ?? 0)
      : Math.max(0, given);
  const selected = isAtEnd ? last?.id : selectMessage(call, asked, given, worst, at_s);

  const select = (moment_s: number, id: string | undefined): void => {
    setFollows(false);
    go(addressOfCall(name, moment_s, id), true);
  };
  const step = (by: number): void => {
    const at = call.conversation.findIndex(({ id }) => id === selected);
    const next = call.conversation[Math.max(0, at + by)];
    if (next !== undefined) select(momentOf(call, next.id) ?? at_s, next.id);
  };
  const stepFinding = (by: 1 | -1): void => {
    const found =
      by === 1
        ? (call.findings.find((each) => each.at_s > at_s + 0.05) ?? call.findings[0])
        : (call.findings.findLast((each) => each.at_s < at_s - 0.05) ?? call.findings.at(-1));
    if (found !== undefined) select(found.at_s, found.message_ids[0]);
  };
  useKeys({
    n: () => stepFinding(1),
    N: () => stepFinding(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    l: () => setFollows(isLive),
    w: () => setShowsRaw(!showsRaw),
    c: () => void copyLink(name, at_s, selected),
    j: () => {
      const address = addressInJaeger(call, selected, about.value?.jaeger_ui);
      if (address !== undefined) window.open(address, "_blank", "noopener,noreferrer");
    },
  });

  const panel = (
    <MessagePanel
      name={name}
      call={call}
      id={selected}
      showsRaw={showsRaw}
      onRaw={setShowsRaw}
      onCopy={() => void copyLink(name, at_s, selected)}
    />
  );
  return (
    <article class="call">
      <CallHead name={name} call={call} isLive={isLive} />
      <FindingsList findings={call.findings} at_s={at_s} onSelect={select} />
      <CallLanesView
        call={call}
        at_s={at_s}
        selected={selected}
        isLive={isLive}
        onSeek={(moment_s) => select(moment_s, messageAt(call, moment_s))}
      />
      {isLive && (
        <p class="follow">
          <button type="button" aria-pressed={follows} onClick={() => setFollows(!follows)}>
            {follows ? "Following the call" : "Follow the call"} <kbd>l</kbd>
          </button>
        </p>
      )}
      <div class="reading">
        <Transcript
          call={call}
          selected={selected}
          isAtEnd={isAtEnd}
          panel={isWide.value ? undefined : panel}
          onSelect={select}
        />
        {isWide.value && <aside aria-label="The selected message">{panel}</aside>}
      </div>
    </article>
  );
}

function selectMessage(
  call: CallAnswer,
  asked: string,
  given: number,
  worst: Finding | undefined,
  at_s: number,
): string | undefined {
  if (call.conversation.some(({ id }) => id === asked)) return asked;
  if (Number.isNaN(given) && worst?.message_ids[0] !== undefined) return worst.message_ids[0];
  return messageAt(call, at_s) ?? call.conversation[0]?.id;
}

function momentOf(call: CallAnswer, id: string): number | undefined {
  const entry = call.timeline.find((each) => each.kind === "message" && each.message.id === id);
  return entry?.at_s;
}

/** The last message that had begun, or whose wait had. */
function messageAt(call: CallAnswer, at_s: number): string | undefined {
  const waited = call.lanes.waits.find((wait) => wait.from_s <= at_s && at_s < wait.until_s);
  if (waited !== undefined) return waited.id;
  const begun = call.timeline.findLast(
    (each) => each.kind === "message" && each.at_s !== undefined && each.at_s <= at_s + 0.05,
  );
  return begun?.kind === "message" ? begun.message.id : undefined;
}

async function copyLink(name: string, at_s: number, id: string | undefined): Promise<void> {
  const address = new URL(addressOfCall(name, at_s, id), location.href);
  address.searchParams.delete("q");
  go(addressOfCall(name, at_s, id), parameters.value.has("t"));
  await navigator.clipboard.writeText(address.href).catch(() => undefined);
}
