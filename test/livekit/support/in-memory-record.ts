import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import {
  ConversationExporter,
  type ConversationSpans,
  startConversation,
} from "../../../otel/index.js";
import type {
  AgentMessage,
  ConversationEvent,
  ConversationSink,
} from "../../../src/record/index.js";
import {
  type ConversationState,
  applyOperation,
  beginConversation,
} from "../../../src/store/document/conversation-state.js";
import type { Operation } from "../../../src/store/document/operations.js";

/** The record of one conversation, made of its spans as the store makes it, without a disk. */
export interface InMemoryRecord {
  spans: ConversationSpans;
  agentMessages(): AgentMessage[];
  events(): ConversationEvent[];
  /** What the exporter complained of. */
  problems: string[];
  /** Lets the process forget it. */
  stop(): Promise<void>;
}

export function createInMemoryRecord(): InMemoryRecord {
  let state: ConversationState | undefined;
  let seq = 0;
  const problems: string[] = [];
  const apply = (operation: Operation): void => {
    if (state === undefined) throw new Error("the conversation was not opened");
    const refusal = applyOperation(state, operation);
    if (refusal !== undefined) throw new Error(`${operation.op} was refused: ${refusal}`);
  };
  const sink: ConversationSink = {
    open: (session) => void (state = beginConversation(session)),
    add: (_id, message) => apply({ op: "add", message: { ...message, seq: (seq += 1) } }),
    amend: (_id, id, amendment) => apply({ op: "amend", id, amendment }),
    retract: (_id, id, reason, error) =>
      apply({ op: "retract", id, reason, ...(error === undefined ? {} : { error }) }),
    addEvent: (_id, event) => apply({ op: "event", event }),
    amendSession: (_id, amendment) => apply({ op: "session", amendment }),
    close: (_id, end) => apply({ op: "close", end }),
    flush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const exporter = new ConversationExporter({
    sink,
    reportProblem: (line) => void problems.push(line),
  });
  const spans = startConversation(
    new BasicTracerProvider().getTracer("talktrace"),
    { id: "s_1", started_at: new Date(0).toISOString(), software: {} },
    "room",
    Date.now(),
    undefined,
    { record: (span) => exporter.record(span) },
  );
  return {
    spans,
    problems,
    agentMessages: () =>
      (state?.messages.items() ?? []).filter((message) => message.role === "agent"),
    events: () => state?.events.items() ?? [],
    stop: () => exporter.shutdown(),
  };
}
