import type { CallAnswer } from "../view-answers.js";
import { about } from "./answers.js";
import { formatMoment } from "../../insight/format-moment.js";
import { formatSeconds } from "./format.js";
import { Waterfall } from "./wait-bar.js";

const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;

/** The address of a message's span; undefined if it has none. */
export function addressInJaeger(
  call: CallAnswer,
  id: string | undefined,
  jaegerUi: string | undefined,
): string | undefined {
  const message = call.conversation.find((each) => each.id === id);
  const trace = message?.trace_id ?? call.session.trace_id;
  if (jaegerUi === undefined || !/^https?:/.test(jaegerUi)) return undefined;
  if (trace === undefined || !TRACE_ID.test(trace)) return undefined;
  const span = message?.span_id;
  const find = span !== undefined && SPAN_ID.test(span) ? `?uiFind=${span}` : "";
  return `${jaegerUi}/trace/${trace}${find}`;
}

/** All that is known of the selected message. */
export function MessagePanel({
  name,
  call,
  id,
  showsRaw,
  onRaw,
  onCopy,
}: {
  name: string;
  call: CallAnswer;
  id: string | undefined;
  showsRaw: boolean;
  onRaw: (shows: boolean) => void;
  onCopy: () => void;
}) {
  const message = call.conversation.find((each) => each.id === id);
  const entry = call.timeline.find((each) => each.kind === "message" && each.message.id === id);
  if (message === undefined || entry?.kind !== "message") return <p class="muted">No message.</p>;
  const { line, stages } = entry.message;
  const agent = message.role === "agent" ? message : undefined;
  const models = [agent?.llm_model, message.model, agent?.voice].filter(
    (each) => each !== undefined,
  );
  const jaeger = addressInJaeger(call, id, about.value?.jaeger_ui);
  const found = call.findings.filter(({ message_ids }) => message_ids.includes(message.id));
  return (
    <section class="panel">
      <h2>
        {message.role === "user" ? "Caller" : "Reply"}, turn {line.turn}
        {line.wait !== undefined && <> waited {formatSeconds(line.wait.e2e_s)}</>}
      </h2>
      {found.map((finding) => (
        <p key={`${finding.rule}-${finding.at_s}`} class={finding.severity}>
          {finding.text}
        </p>
      ))}
      <Waterfall stages={stages} />
      {message.role === "agent" && stages.length === 0 && (
        <p class="muted">No wait is known for this reply.</p>
      )}
      <dl>
        <Fact name="source" value={message.source} />
        <Fact name="models" value={models.join(" · ")} />
        <Fact
          name="confidence"
          value={message.role === "user" ? message.confidence?.toFixed(2) : undefined}
        />
        <Fact name="delivery" value={agent?.delivery} />
        <Fact name="language" value={message.language} />
        <Fact
          name="sound"
          value={message.audio === undefined ? undefined : formatSeconds(message.audio.duration_s)}
        />
      </dl>
      <p class="actions">
        <button type="button" onClick={onCopy}>
          Copy link <kbd>c</kbd>
        </button>
        <button type="button" aria-expanded={showsRaw} onClick={() => onRaw(!showsRaw)}>
          JSON <kbd>w</kbd>
        </button>
        {jaeger !== undefined && (
          <a class="button" href={jaeger} target="_blank" rel="noreferrer noopener">
            Jaeger <kbd>j</kbd>
          </a>
        )}
      </p>
      <p>
        <code class="command">
          talktrace show {name}@{formatMoment(entry.at_s ?? 0)}
        </code>
      </p>
      {showsRaw && (
        <pre tabIndex={0} aria-label="The record of the message">
          {JSON.stringify(message, null, 2)}
        </pre>
      )}
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string | undefined }) {
  if (value === undefined || value === "") return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <bdi>{value}</bdi>
      </dd>
    </div>
  );
}
