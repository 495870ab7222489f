import type { Servers } from "./servers.js";

/** A span as Jaeger's query API gives it, with its tags as an object. */
export interface JaegerSpan {
  traceId: string;
  spanId: string;
  parentId: string | undefined;
  name: string;
  /** `livekit-agents` or `talktrace`. */
  scope: string;
  startMs: number;
  durationMs: number;
  tags: { [key: string]: unknown };
  warnings: string[];
}

interface ApiSpan {
  traceID: string;
  spanID: string;
  operationName: string;
  references: { refType: string; spanID: string }[];
  startTime: number;
  duration: number;
  tags: { key: string; value: unknown }[];
  warnings: string[] | null;
}

export interface Jaeger {
  /** The spans of a trace; none when Jaeger does not know it. */
  trace(traceId: string): Promise<JaegerSpan[]>;
  /** The same as Jaeger said it. */
  rawTrace(traceId: string): Promise<unknown>;
  /** Waits until a trace holds all that is asked for. */
  traceWith(traceId: string, isComplete: (spans: JaegerSpan[]) => boolean): Promise<JaegerSpan[]>;
  /** The ids of the traces that have a span with all of these tags. */
  search(service: string, tags: { [key: string]: string }): Promise<string[]>;
  /** The status of the page that a link leads to. */
  open(path: string): Promise<number>;
}

const PATIENCE_MS = 20_000;

export function connectJaeger({ queryUrl }: Servers["jaeger"]): Jaeger {
  async function get(path: string): Promise<unknown> {
    const response = await fetch(`${queryUrl}${path}`);
    return response.ok ? response.json() : undefined;
  }

  async function trace(traceId: string): Promise<JaegerSpan[]> {
    const answer = (await get(`/api/traces/${traceId}`)) as { data?: { spans: ApiSpan[] }[] };
    return (answer?.data?.[0]?.spans ?? []).map(readSpan);
  }

  return {
    trace,
    rawTrace: (traceId) => get(`/api/traces/${traceId}`),
    async traceWith(traceId, isComplete) {
      const giveUpMs = Date.now() + PATIENCE_MS;
      for (;;) {
        const spans = await trace(traceId);
        if (isComplete(spans)) return spans;
        if (Date.now() > giveUpMs) {
          const names = spans.map(({ name }) => name).join(", ");
          throw new Error(`Jaeger's trace ${traceId} stays incomplete: ${names || "no spans"}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    async search(service, tags) {
      const query = new URLSearchParams({
        service,
        tags: JSON.stringify(tags),
        lookback: "1h",
        limit: "500",
      });
      const found = (await get(`/api/traces?${query.toString()}`)) as {
        data?: { traceID: string }[];
      };
      return (found?.data ?? []).map(({ traceID }) => traceID);
    },
    async open(path) {
      const response = await fetch(`${queryUrl}${path}`);
      await response.body?.cancel();
      return response.status;
    },
  };
}

function readSpan(span: ApiSpan): JaegerSpan {
  const tags = Object.fromEntries(span.tags.map(({ key, value }) => [key, value]));
  return {
    traceId: span.traceID,
    spanId: span.spanID,
    parentId: span.references.find(({ refType }) => refType === "CHILD_OF")?.spanID,
    name: span.operationName,
    scope: String(tags["otel.scope.name"]),
    startMs: span.startTime / 1000,
    durationMs: span.duration / 1000,
    tags,
    warnings: span.warnings ?? [],
  };
}

/** Spans whose parent is not in the trace. */
export function findOrphans(spans: readonly JaegerSpan[]): JaegerSpan[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  return spans.filter(({ parentId }) => parentId !== undefined && !known.has(parentId));
}

/** Whether LiveKit and TalkTrace have both said that the call is over. */
export function isOver(spans: readonly JaegerSpan[]): boolean {
  const names = new Set(spans.map(({ name }) => name));
  return ["job_entrypoint", "agent_session", "conversation_end"].every((name) => names.has(name));
}
