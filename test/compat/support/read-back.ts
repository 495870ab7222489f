import { expect } from "vitest";
import { ATTR, SPAN, latencyMarkKey } from "../../../otel/spans/attributes.js";
import type { Observation } from "../../../src/livekit/index.js";
import type { AgentMessage, Conversation, LatencyMark } from "../../../src/record/index.js";
import { LATENCY_MARKS } from "../../../src/record/index.js";
import { readConversation } from "../../../src/store/index.js";
import type { ReceivedSpan } from "../../support/otlp-receiver.js";
import type { Recorder } from "./recorder.js";

/** A call as the JSON, the spans and the latency tell it, short enough to be written down before. */
export interface ReadBack {
  /** `[role, content, source]` of a user, `[role, content, source, delivery]` of an agent. */
  said: string[][];
  /** `[content, source, reason]`. */
  unspoken: string[][];
  events: [type: string, data: { [key: string]: unknown }][];
  /** Of each message of the agent: the marks that were observed. */
  marks: LatencyMark[][];
  record: Conversation;
  /** Every span of the call, LiveKit's too. */
  spans: ReceivedSpan[];
}

/**
 * Reads a call back, and holds its spans to its JSON: each message is one span with the same role,
 * words and source, and what was heard of it, with its latency, is one `playout`.
 */
export async function readBack(recorder: Recorder, observation: Observation): Promise<ReadBack> {
  await recorder.telemetry.flush();
  const { conversation: record } = await readConversation(observation.path ?? "");
  const spans = recorder.receiver.spans.filter(({ traceId }) => traceId === observation.traceId);
  const ours = spans.filter(
    ({ attributes }) => attributes[ATTR.sessionId] === observation.sessionId,
  );
  const { conversation, unspoken } = record;

  const written = [...conversation, ...unspoken].map((message) => [
    message.id,
    message.role,
    ("generated" in message ? message.generated : undefined) ?? message.content,
    message.source,
  ]);
  const sent = ours
    .filter(({ attributes }) => attributes[ATTR.role] !== undefined)
    .map(({ attributes }) =>
      [ATTR.messageId, ATTR.role, ATTR.content, ATTR.source].map((key) => attributes[key]),
    );
  const byId = (one: readonly unknown[], other: readonly unknown[]) =>
    Number(String(one[0]).slice(2)) - Number(String(other[0]).slice(2));
  expect(sent.toSorted(byId), "the spans and the JSON have the same messages").toEqual(
    written.toSorted(byId),
  );

  const agent = conversation.filter((message): message is AgentMessage => message.role === "agent");
  const playouts = new Map(
    ours
      .filter(({ name }) => name === SPAN.playout)
      .map(({ attributes }) => [attributes[ATTR.messageId], attributes]),
  );
  for (const { id, delivery, latency, source } of agent) {
    if (source === "text_output" || delivery === "pending") continue;
    const attributes = playouts.get(id) ?? {};
    expect(attributes[ATTR.delivery], `the playout of ${id}`).toBe(delivery);
    for (const mark of LATENCY_MARKS)
      expect(attributes[latencyMarkKey(mark)], `${mark} of ${id}`).toBe(latency?.marks[mark]);
  }
  expect(recorder.receiver.refusals).toEqual([]);
  expect(record.integrity).toMatchObject({ dropped: 0, damaged_lines: 0 });

  return {
    said: conversation.map((message) => [
      message.role,
      message.content,
      message.source,
      ...(message.role === "agent" ? [message.delivery] : []),
    ]),
    unspoken: unspoken.map(({ content, source, reason }) => [content, source, reason]),
    events: record.events.map(({ type, data }) => [type, data]),
    marks: agent.map(({ latency }) =>
      LATENCY_MARKS.filter((mark) => latency?.marks[mark] !== undefined),
    ),
    record,
    spans,
  };
}
