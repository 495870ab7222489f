import type { ExportFormat } from "./export-format.js";

/** The service's name where a call does not name its agent. */
const UNNAMED_SERVICE = "voice-agent";

export const otlp: ExportFormat = {
  name: "otlp",
  audience: "sending a call's spans to a collector again; `talktrace replay` sends them by itself",
  kept: "TalkTrace's spans with the ids of the record, as OTLP/JSON: one request a line, as a collector's file exporter writes them",
  lost: "LiveKit's own spans, the agent's resource, and when the last audio of a synthesis came. Spans whose ids the record does not have, e.g. playouts, get the same ids each time",
  extension: "otlp.jsonl",
  mediaType: "application/jsonl",
  holdsMany: true,
  texts: ["both"],
  // A span has both texts under names of their own.
  saysText: true,
  moment: undefined,
  async *write(calls) {
    // It is loaded here, because the other formats do not need OpenTelemetry.
    const { encodeRecord } = await import("../../otel/replay-record.js");
    for await (const { conversation } of calls) {
      const { agent_name, agent } = conversation.session;
      for (const request of encodeRecord(conversation, agent_name || agent || UNNAMED_SERVICE))
        yield `${request.toString("utf8")}\n`;
    }
  },
};
