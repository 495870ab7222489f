import type { ModelUsage } from "../record/index.js";
import type { DraftCall } from "./draft-call.js";
import {
  type Fields,
  durationAt,
  fieldsAt,
  listAt,
  momentAt,
  present,
  textAt,
  timestampOf,
} from "./fields.js";

type DraftEvent = NonNullable<DraftCall["events"]>[number];

/** Handoffs, errors and false interruptions. Items have seconds, events have `unit`. */
export function readEvents(
  items: readonly Fields[],
  events: readonly Fields[],
  unit: "s" | "ms",
): DraftEvent[] {
  const handoffs = items.flatMap((item): DraftEvent[] => {
    const timestamp = timestampOf(momentAt(item, "created_at", "s"));
    const from = textAt(item, "old_agent_id");
    if (item["type"] !== "agent_handoff" || timestamp === undefined || from === undefined)
      return [];
    const to = textAt(item, "new_agent_id") ?? null;
    return [{ type: "agent_handoff", timestamp, data: { from, to } }];
  });
  const others = events.flatMap((event): DraftEvent[] => {
    const timestamp = timestampOf(momentAt(event, "created_at", unit));
    if (timestamp === undefined) return [];
    switch (event["type"]) {
      case "agent_false_interruption":
        return [
          { type: "false_interruption", timestamp, data: { resumed: event["resumed"] === true } },
        ];
      case "error":
        return [{ type: "error", timestamp, data: readError(event) }];
      default:
        return [];
    }
  });
  return [...handoffs, ...others];
}

function readError(event: Fields): DraftEvent["data"] {
  const error = fieldsAt(event, "error");
  const message = textAt(event, "error") ?? textAt(error, "error") ?? textAt(error, "message");
  return {
    ...present("source", textAt(error, "type")),
    ...present("message", message),
  };
}

/** A final transcript and its language, which only the events have. */
export interface FinalTranscript {
  language: string;
  transcript: string;
}

/** The language of a message's transcripts, which are taken off the list. Two languages are none. */
export function takeLanguage(content: string, finals: FinalTranscript[]): string | undefined {
  const languages = new Set<string>();
  let next = finals.findIndex(({ transcript }) => content.includes(transcript));
  if (next === -1) return undefined;
  for (let count = 0; ; count += 1) {
    const final = finals[next];
    if (final === undefined || !content.includes(final.transcript)) {
      finals.splice(next - count, count);
      return languages.size === 1 ? [...languages][0] : undefined;
    }
    languages.add(final.language);
    next += 1;
  }
}

export function readFinals(events: readonly Fields[]): FinalTranscript[] {
  return events.flatMap((event) => {
    const language = textAt(event, "language");
    const transcript = textAt(event, "transcript");
    const isFinal = event["type"] === "user_input_transcribed" && event["is_final"] === true;
    return isFinal && language !== undefined && transcript !== undefined
      ? [{ language, transcript: transcript.trim() }]
      : [];
  });
}

/** The words of a chat item. Its pictures and sound are left out. */
export function readContent(item: Fields): string {
  const content = item["content"];
  if (typeof content === "string") return content.trim();
  if (!Array.isArray(content)) return "";
  return content
    .filter((part): part is string => typeof part === "string")
    .join("\n")
    .trim();
}

/** `<provider>_stt`, as in every document. A provider that is not told is `unknown`. */
export function sourceOf(provider: string | undefined, kind: "stt" | "tts"): string {
  return `${(provider ?? "unknown").toLowerCase().replaceAll(/\s+/g, "_")}_${kind}`;
}

/** LiveKit's reason in lower case, as its JavaScript SDK has it. */
export function readCloseReason(close: Fields | undefined, report: Fields): string | undefined {
  const told = (close && textAt(close, "reason")) ?? textAt(report, "close_reason");
  return told?.replace(/^CR_/, "").toLowerCase();
}

const USAGE_KINDS = new Map<string, ModelUsage["kind"]>([
  ["llm_usage", "llm"],
  ["stt_usage", "stt"],
  ["tts_usage", "tts"],
]);

export function readUsage(report: Fields): ModelUsage[] {
  return listAt(report, "usage").flatMap((usage): ModelUsage[] => {
    const kind = USAGE_KINDS.get(textAt(usage, "type") ?? "");
    const provider = textAt(usage, "provider");
    const model = textAt(usage, "model");
    if (kind === undefined || provider === undefined || model === undefined) return [];
    const ofLlm = (key: string): number | undefined =>
      kind === "llm" ? durationAt(usage, key) : undefined;
    return [
      {
        kind,
        provider,
        model,
        ...present("input_tokens", ofLlm("input_tokens")),
        ...present("cached_input_tokens", ofLlm("input_cached_tokens")),
        ...present("output_tokens", ofLlm("output_tokens")),
        ...present(
          "characters",
          kind === "tts" ? durationAt(usage, "characters_count") : undefined,
        ),
        ...present("audio_s", kind === "llm" ? undefined : durationAt(usage, "audio_duration")),
      },
    ];
  });
}
