import type { ComponentChildren, VNode } from "preact";
import { memo } from "preact/compat";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TimelineEntry } from "../../insight/index.js";
import type { Message } from "../../record/index.js";
import type { CallAnswer } from "../view-answers.js";
import { formatMoment } from "../../insight/format-moment.js";
import { formatSeconds } from "./format.js";
import { WaitBar } from "./wait-bar.js";

const LONGEST = 2000;

export function Transcript({
  call,
  selected,
  isAtEnd,
  panel,
  onSelect,
}: {
  call: CallAnswer;
  selected: string | undefined;
  isAtEnd: boolean;
  panel: VNode | undefined;
  onSelect: (at_s: number, id: string | undefined) => void;
}) {
  const list = useRef<HTMLOListElement>(null);
  const messages = useMemo(
    () => new Map(call.conversation.map((message) => [message.id, message])),
    [call],
  );
  const first = useRef(true);
  useEffect(() => {
    const element = list.current?.querySelector('[aria-current="true"]');
    const isFirst = first.current;
    first.current = false;
    if (isFirst && selected === call.conversation[0]?.id) return;
    element?.scrollIntoView({ block: isAtEnd ? "end" : "nearest" });
  }, [selected, isAtEnd, call.conversation.length]);
  if (call.timeline.length === 0) return <p class="transcript muted">Nothing was said yet.</p>;
  return (
    <div class="transcript">
      <ol ref={list} aria-label="Transcript">
        {call.timeline.map((entry, at) => {
          const id = entry.kind === "message" ? entry.message.id : undefined;
          const isSelected = id !== undefined && id === selected;
          return (
            <Entry
              key={id ?? `${entry.kind}-${at}`}
              entry={entry}
              message={id === undefined ? undefined : messages.get(id)}
              isSelected={isSelected}
              panel={isSelected ? panel : undefined}
              onSelect={onSelect}
            />
          );
        })}
      </ol>
      <LastWords call={call} />
    </div>
  );
}

/** Tells screen readers of each new message of a running call, once. */
function LastWords({ call }: { call: CallAnswer }) {
  const known = useRef(call.conversation.length);
  const [text, setText] = useState("");
  useEffect(() => {
    const last = call.conversation.at(-1);
    if (call.conversation.length > known.current && last !== undefined)
      setText(`${last.role === "user" ? "caller" : "agent"}: ${last.content}`);
    known.current = call.conversation.length;
  }, [call.conversation.length]);
  return (
    <p class="unseen" aria-live="polite">
      {text}
    </p>
  );
}

interface EntryProps {
  entry: TimelineEntry;
  message: Message | undefined;
  isSelected: boolean;
  panel: VNode | undefined;
  onSelect: (at_s: number, id: string | undefined) => void;
}

/** A call may have thousands of entries, and one of them changes when another is selected. */
const Entry = memo(
  function Entry({ entry, message, isSelected, panel, onSelect }: EntryProps) {
    const [who, name] = nameSpeaker(entry);
    const { at_s } = entry;
    return (
      <li class={`entry ${who}`} aria-current={isSelected ? "true" : undefined}>
        <span class="turn muted">{entry.turn}</span>
        <span class="who">{name}</span>
        {at_s === undefined ? (
          <span class="moment" />
        ) : (
          <button type="button" class="moment" onClick={() => onSelect(at_s, message?.id)}>
            {formatMoment(at_s)}
          </button>
        )}
        <div
          class="said"
          onClick={() => {
            if (message !== undefined && getSelection()?.isCollapsed !== false)
              onSelect(at_s ?? 0, message.id);
          }}
        >
          {entry.kind === "message" && message !== undefined && (
            <Words entry={entry} message={message} />
          )}
          {entry.kind === "tool" && <Tool entry={entry} />}
          {entry.kind === "event" && (
            <>
              {entry.type.replaceAll("_", " ")}{" "}
              <code>{entry.isWithheld ? "withheld" : cut(JSON.stringify(entry.data))}</code>
            </>
          )}
          {entry.kind === "unspoken" && (
            <>
              <s dir="auto">{entry.text}</s>
              <Facts facts={[`never heard: ${entry.reason}`, entry.error]} />
            </>
          )}
        </div>
        {panel !== undefined && <div class="drawer">{panel}</div>}
      </li>
    );
  },
  (before: EntryProps, after: EntryProps) =>
    before.message === after.message &&
    before.entry === after.entry &&
    before.isSelected === after.isSelected &&
    before.panel === after.panel,
);

function nameSpeaker(entry: TimelineEntry): [who: string, name: string] {
  if (entry.kind === "message") {
    const { who } = entry.message.line;
    return [who, who === "user" ? "caller" : "agent"];
  }
  return entry.kind === "unspoken" ? ["agent unspoken", "agent"] : ["aside", entry.kind];
}

function Words({
  entry: { message: viewed },
  message,
}: {
  entry: Extract<TimelineEntry, { kind: "message" }>;
  message: Message;
}) {
  const agent = message.role === "agent" ? message : undefined;
  const { unheard, wait } = viewed.line;
  const yielded = viewed.asides.find((aside) => aside.kind === "yield");
  const facts = [
    agent?.delivery === "none" && "not heard",
    agent?.delivery === "partial" &&
      `cut off${yielded === undefined ? "" : `, silent ${formatSeconds(yielded.yield_s)} after the caller began`}`,
    viewed.pending === "speaking" && "speaking now",
    viewed.pending === "waiting" && "waits to be spoken",
    viewed.pending === "unknown" && "nobody knows what was heard of it",
    viewed.discarded !== undefined &&
      `the agent did not use it: ${viewed.discarded.replaceAll("_", " ")}`,
    viewed.is_text === true && "text",
    viewed.redacted === true && "changed by the agent's own review",
    viewed.asides.some((aside) => aside.kind === "backchannel") && "let the agent go on",
    viewed.asides.some((aside) => aside.kind === "cut_in") && "cut in while the caller spoke",
  ];
  return (
    <>
      {message.content !== "" && <LongText text={message.content} lang={tagOf(message.language)} />}
      {message.content === "" && unheard === undefined && (
        <i class="muted">{viewed.redacted === true ? "[withheld]" : "[no words]"}</i>
      )}
      {unheard !== undefined && (
        <>
          {" "}
          <s class="unheard" dir="auto" lang={tagOf(message.language)}>
            {unheard}
          </s>{" "}
          <span class="tag">never heard</span>
        </>
      )}
      {viewed.taken_as !== undefined && (
        <span class="facts">
          taken as <bdi>{viewed.taken_as}</bdi>
        </span>
      )}
      {wait !== undefined && (
        <span class="facts">
          <WaitBar stages={viewed.stages} /> waited {formatSeconds(wait.e2e_s)}
          {wait.longest && `, ${wait.longest.stage} ${formatSeconds(wait.longest.duration_s)}`}
        </span>
      )}
      <Facts facts={facts} />
    </>
  );
}

function Facts({ facts }: { facts: readonly (string | false | undefined)[] }) {
  const known = facts.filter((fact) => fact !== false && fact !== undefined);
  return known.length === 0 ? null : <span class="facts">{known.join(" · ")}</span>;
}

function Tool({ entry }: { entry: Extract<TimelineEntry, { kind: "tool" }> }): ComponentChildren {
  const isFine = entry.outcome === "ok";
  return (
    <>
      <code dir="auto">{cut(`${entry.name}(${entry.arguments})`)}</code>
      {entry.output !== undefined && (
        <>
          {" → "}
          <code dir="auto">{cut(entry.output)}</code>
        </>
      )}
      <span class={isFine ? "facts" : "facts bad"}>
        {isFine ? "" : `◆ ${entry.outcome} · `}
        {entry.duration_s !== undefined && `took ${formatSeconds(entry.duration_s, 3)}`}
      </span>
    </>
  );
}

function LongText({ text, lang }: { text: string; lang: string | undefined }) {
  const [isOpen, setIsOpen] = useState(false);
  const isLong = text.length > LONGEST && !isOpen;
  return (
    <>
      <span class="words" dir="auto" lang={lang}>
        {isLong ? text.slice(0, LONGEST) : text}
      </span>
      {isLong && (
        <button type="button" class="more" onClick={() => setIsOpen(true)}>
          Show all {text.length.toLocaleString("en")} characters
        </button>
      )}
    </>
  );
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** A provider may report anything for a language. */
function tagOf(language: string | undefined): string | undefined {
  return language !== undefined && /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(language)
    ? language
    : undefined;
}
