import { asFields, parseJsonText, textAt } from "../fields.js";
import { LivekitCall } from "./livekit-call.js";
import type { LivekitDialect } from "./livekit-dialect.js";
import { livekitPython } from "./livekit-python.js";
import { livekitTypescript } from "./livekit-typescript.js";
import { type ReceivedSpan, groupBy } from "./received-span.js";
import type { SpanProducer } from "./span-producer.js";

/** LiveKit's own spans, of both SDKs. They share the names of spans and of most attributes. */
export const livekit: SpanProducer = {
  forms: [livekitPython, livekitTypescript],
  takes: ({ scope }) => scope === "livekit-agents",
  groupOf: ({ traceId }) => traceId,
  readCalls: (spans) =>
    splitSessions(spans).flatMap((call) => new LivekitCall(call, findDialect(call)).read() ?? []),
};

/**
 * The SDK that wrote the spans. The scope has the same name in both, so the resource tells, or else the
 * names in the metrics. If neither does, delays have no known unit and are left out.
 */
function findDialect(spans: readonly ReceivedSpan[]): LivekitDialect {
  for (const { resource, attributes } of spans) {
    const language =
      textAt(resource, "telemetry.sdk.language") ?? textAt(resource, "process.runtime.name");
    if (language === "python" || language === "cpython") return livekitPython;
    if (language === "nodejs") return livekitTypescript;
    const metrics = asFields(
      parseJsonText(attributes["lk.llm_metrics"] ?? attributes["lk.tts_metrics"]),
    );
    if (metrics === undefined) continue;
    if ("ttftMs" in metrics || "ttfbMs" in metrics) return livekitTypescript;
    if ("ttft" in metrics || "ttfb" in metrics) return livekitPython;
  }
  return { ...livekitTypescript, delayUnitMs: undefined };
}

/** The sessions of a trace. Nearly always there is one. Each span belongs to the session above it. */
function splitSessions(spans: readonly ReceivedSpan[]): (readonly ReceivedSpan[])[] {
  const sessions = spans.filter(({ name }) => name === "agent_session");
  const [first] = sessions;
  if (first === undefined || sessions.length === 1) return [spans];
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const owners = new Map<string, string>();
  const ownerOf = (span: ReceivedSpan): string => {
    const way: string[] = [];
    let owner = first.spanId;
    let at: ReceivedSpan | undefined = span;
    const seen = new Set<string>();
    while (at !== undefined && !seen.has(at.spanId)) {
      const known = at.name === "agent_session" ? at.spanId : owners.get(at.spanId);
      if (known !== undefined) {
        owner = known;
        break;
      }
      seen.add(at.spanId);
      way.push(at.spanId);
      at = at.parentSpanId === undefined ? undefined : byId.get(at.parentSpanId);
    }
    for (const id of way) owners.set(id, owner);
    return owner;
  };
  return [...groupBy(spans, ownerOf).values()];
}
