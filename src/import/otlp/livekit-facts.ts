import type { ConversationEvent, ModelUsage } from "../../record/index.js";
import type { DraftCall } from "../draft-call.js";
import {
  type Fields,
  asFields,
  durationAt,
  isMoment,
  numberAt,
  parseJsonText,
  present,
  textAt,
  timestampOf,
} from "../fields.js";
import { type ToolRun, toToolEvent } from "../tool-call.js";
import type { AgentTurn } from "./livekit-turns.js";
import { wordsOf } from "./livekit-turns.js";
import type { ReceivedSpan } from "./received-span.js";
import { UsageSums } from "./usage-sums.js";

export type DraftEvent = NonNullable<DraftCall["events"]>[number];

/** `deepgram.STT` and `MadeUpSTT` as sources: `deepgram_stt`, `madeupstt_stt`. */
export function toSource(provider: string | undefined, kind: "stt" | "tts"): string {
  const name = provider?.replace(/\.(?:STT|TTS)$/i, "") ?? "unknown";
  return `${name.toLowerCase().replaceAll(/\s+/g, "_")}_${kind}`;
}

/** The model of a service. Without one, LiveKit writes the plugin's label there. */
export function readModel({ attributes }: ReceivedSpan): string | undefined {
  const model = textAt(attributes, "gen_ai.request.model");
  return model === textAt(attributes, "gen_ai.provider.name") ? undefined : model;
}

/** The JSON object in an attribute; an empty one if there is none. */
export function readJson({ attributes }: ReceivedSpan, key: string): Fields {
  return asFields(parseJsonText(attributes[key])) ?? {};
}

/** The seconds of sound that a synthesis gave. Python has seconds, TypeScript milliseconds. */
export function readSoundS(request: ReceivedSpan): number | undefined {
  const metrics = readJson(request, "lk.tts_metrics");
  const ms = durationAt(metrics, "audioDurationMs");
  return ms === undefined ? durationAt(metrics, "audio_duration") : ms / 1000;
}

/** When the last final transcript of a turn arrived, in milliseconds since 1970. */
export function readFinalMs({ attributes }: ReceivedSpan): number | undefined {
  const events = parseJsonText(attributes["lk.stt.events"]);
  if (!Array.isArray(events)) return undefined;
  const final = events.map(asFields).findLast((event) => event?.["type"] === "final_transcript");
  const seconds = final && numberAt(final, "received_at");
  const ms = seconds === undefined ? undefined : seconds * 1000;
  return isMoment(ms) ? ms : undefined;
}

export function readTool(span: ReceivedSpan, turn: string | undefined): ToolRun {
  const { attributes, startMs, endMs, isFailed } = span;
  const output = wordsOf(span, "function_tool.output");
  const isError = attributes["lk.function_tool.is_error"];
  return {
    name:
      textAt(attributes, "lk.function_tool.name") ??
      textAt(attributes, "gen_ai.tool.name") ??
      "unknown",
    callId: textAt(attributes, "lk.function_tool.id") ?? textAt(attributes, "gen_ai.tool.call.id"),
    arguments:
      wordsOf(span, "function_tool.arguments") || textAt(attributes, "gen_ai.tool.call.arguments"),
    output: output === "" ? textAt(attributes, "gen_ai.tool.call.result") : output,
    isError: typeof isError === "boolean" ? isError : isFailed ? true : undefined,
    startMs,
    endMs,
    isUnfinished: output === "" && typeof isError !== "boolean" && !isFailed,
    turn,
  };
}

export function readToolEvents(turn: AgentTurn, name: string | undefined): DraftEvent[] {
  return turn.tools.flatMap((span) => {
    const event = toToolEvent(readTool(span, name));
    return event === undefined ? [] : [{ ...event, span_id: span.spanId }];
  });
}

/** Handoffs, errors, and whether the user was away. */
export function readOtherEvents(spans: readonly ReceivedSpan[]): DraftEvent[] {
  return [...readHandoffs(spans), ...spans.flatMap(readErrors), ...spans.flatMap(readAbsence)];
}

/** Versions before 1.8.3 have no span for a handoff. Then the next agent's activity tells of it. */
function readHandoffs(spans: readonly ReceivedSpan[]): DraftEvent[] {
  const told = spans.filter(({ name }) => name === "update_agent");
  if (told.length > 0)
    return told.flatMap((span) =>
      toHandoff(span, textAt(span.attributes, "lk.previous_agent_label")),
    );
  let previous: string | undefined;
  return spans
    .filter(({ name }) => name === "start_agent_activity")
    .flatMap((span) => {
      const from = previous;
      const to = textAt(span.attributes, "lk.agent_label");
      previous = to ?? previous;
      return from === to ? [] : toHandoff(span, from);
    });
}

function toHandoff(
  { attributes, startMs, spanId }: ReceivedSpan,
  from: string | undefined,
): DraftEvent[] {
  const timestamp = timestampOf(startMs);
  const to = textAt(attributes, "lk.agent_label");
  if (timestamp === undefined || from === undefined || to === undefined) return [];
  return [{ type: "agent_handoff", timestamp, span_id: spanId, data: { from, to } }];
}

const SERVICE_OF_SPAN = new Map([
  ["llm_request", "llm"],
  ["tts_request", "tts"],
  ["realtime_inference", "realtime"],
]);

/** A failed request of a service. Its attempts are spans of their own and are not counted again. */
function readErrors(span: ReceivedSpan): DraftEvent[] {
  const source = SERVICE_OF_SPAN.get(span.name);
  const timestamp = timestampOf(span.endMs ?? span.startMs);
  if (!span.isFailed || source === undefined || timestamp === undefined) return [];
  const exception = span.moments.find(({ name }) => name === "exception")?.attributes ?? {};
  const message = textAt(exception, "exception.message") ?? span.statusMessage;
  const data = { source, ...present("message", message) };
  return [{ type: "error", timestamp, span_id: span.spanId, data }];
}

function readAbsence({ name, moments }: ReceivedSpan): DraftEvent[] {
  if (name !== "agent_session") return [];
  return moments.flatMap((moment): DraftEvent[] => {
    const timestamp = timestampOf(moment.atMs);
    if (moment.name !== "user_state_changed" || timestamp === undefined) return [];
    const data: ConversationEvent["data"] = {};
    if (moment.attributes["lk.new_state"] === "away")
      return [{ type: "user_away", timestamp, data }];
    if (moment.attributes["lk.old_state"] === "away")
      return [{ type: "user_returned", timestamp, data }];
    return [];
  });
}

/** What each model was used for: sums over the requests. An STT tells nothing. */
export function readUsage(spans: readonly ReceivedSpan[]): ModelUsage[] {
  const sums = new UsageSums();
  for (const span of spans) {
    const kind = span.name === "llm_request" ? "llm" : "tts";
    if (kind === "tts" && span.name !== "tts_request") continue;
    const { attributes } = span;
    const provider = textAt(attributes, "gen_ai.provider.name");
    const model = textAt(attributes, "gen_ai.request.model");
    if (provider === undefined || model === undefined) continue;
    const add = sums.of(kind, provider, model);
    if (kind === "llm") {
      add("input_tokens", durationAt(attributes, "gen_ai.usage.input_tokens"));
      add("cached_input_tokens", durationAt(attributes, "gen_ai.usage.cache_read.input_tokens"));
      add("output_tokens", durationAt(attributes, "gen_ai.usage.output_tokens"));
    } else {
      const metrics = readJson(span, "lk.tts_metrics");
      add(
        "characters",
        durationAt(metrics, "characters_count") ?? durationAt(metrics, "charactersCount"),
      );
      add("audio_s", readSoundS(span));
    }
  }
  return sums.list().map(roundSound);
}

function roundSound(usage: ModelUsage): ModelUsage {
  if (usage.audio_s === undefined) return usage;
  return { ...usage, audio_s: Math.round(usage.audio_s * 1000) / 1000 };
}
