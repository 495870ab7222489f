import type { JsonValue } from "../record/index.js";
import { type CallLayout, hasCalls, readListedCalls } from "./call-list.js";
import { CallClock } from "./call-clock.js";
import { type DraftAgent, type DraftCall, type DraftUser, finishCall } from "./draft-call.js";
import { toLatency } from "./draft-latency.js";
import {
  type Fields,
  asFields,
  durationAt,
  fieldsAt,
  listAt,
  momentAt,
  present,
  textAt,
} from "./fields.js";
import type { ImportFormat, ImportedConversation, UnreadPart } from "./import-format.js";
import { sourceOf } from "./livekit-report-facts.js";
import { UnreadCount, idAt, pickAttributes, toToolEvents } from "./spoken.js";
import type { ToolRun } from "./tool-call.js";

const NAME = "elevenlabs";

const LAYOUT: CallLayout = {
  format: NAME,
  isCall: (fields) =>
    typeof fields["conversation_id"] === "string" &&
    typeof fields["agent_id"] === "string" &&
    ("transcript" in fields || "start_time_unix_secs" in fields),
  unwrap: (fields) =>
    typeof fields["type"] === "string" && "event_timestamp" in fields
      ? asFields(fields["data"])
      : undefined,
  listKeys: ["conversations"],
  hasMore: (response) => response["has_more"] === true,
};

/** Conversations as ElevenLabs' API and its webhook after a call give them. */
export const elevenlabs: ImportFormat = {
  name: NAME,
  origin:
    "conversations of ElevenLabs agents, as the API gives one, and the webhook `post_call_transcription`",
  recognizedBy:
    "`conversation_id` with `agent_id` and `transcript`, also below `data` of a webhook; a page of the list is recognised too, but has no words",
  kept: "words, what was heard of a reply that was cut off and its whole text, and backchannels. Tools with how long they took, keys that were pressed, why the call ended. The wait of each reply where it was measured. Analysis, variables and the figures of each reply become attributes `elevenlabs.*`",
  missing:
    "when speech ended, word times, times of less than a second; telephone numbers, costs and reasoning are left out",
  fields:
    "`metadata.start_time_unix_secs` (s since 1970), `metadata.call_duration_secs` (s); `transcript[]`: `role`, `message`, `original_message`, `interrupted`, `ignored_as_backchannel`, `time_in_call_secs` (whole s from the start), `tool_calls`, `tool_results[].tool_latency_secs` (s), `source_medium`; `conversation_turn_metrics.metrics.*.elapsed_time` (s), of which `convai_ttf_audio_since_silence` is the wait",
  describedIn:
    "the types of the package `@elevenlabs/elevenlabs-js` 2.73.0, `GetConversationResponseModel`; the names of metrics are in no type, and were seen in responses that people published",
  recognizes: (content) => hasCalls(content, LAYOUT),
  read: (content) => readListedCalls(content, LAYOUT, readConversation),
};

function readConversation(call: Fields, fileName: string): ImportedConversation | UnreadPart {
  const id = idAt(call, "conversation_id");
  const status = textAt(call, "status");
  if (!Array.isArray(call["transcript"])) {
    const problem = `the conversation ${id ?? ""} has no words, because it is from a list; get it by its id`;
    return { format: NAME, problem };
  }
  if (status === "initiated" || status === "in-progress" || status === "processing")
    return { format: NAME, problem: `the conversation ${id ?? ""} is not over (${status})` };
  const draft = new ElevenlabsReader(call, id ?? fileName).read();
  return finishCall({ ...draft, hasOwnId: id !== undefined });
}

/** The metric that spans the whole wait of a reply. */
const WAIT_METRIC = "convai_ttf_audio_since_silence";

class ElevenlabsReader {
  readonly #call: Fields;
  readonly #id: string;
  readonly #metadata: Fields;
  readonly #clock: CallClock;
  readonly #unread = new UnreadCount();
  readonly #messages: (DraftUser | DraftAgent)[] = [];
  readonly #tools = new Map<string, ToolRun>();
  readonly #events: NonNullable<DraftCall["events"]>[number][] = [];
  readonly #figures: { [key: string]: JsonValue }[] = [];
  #cut: DraftAgent | undefined;
  #hasUnknownRest = false;

  constructor(call: Fields, id: string) {
    this.#call = call;
    this.#id = id;
    this.#metadata = fieldsAt(call, "metadata");
    this.#clock = new CallClock(momentAt(this.#metadata, "start_time_unix_secs", "s"));
  }

  read(): DraftCall {
    const clock = this.#clock;
    const transcript = this.#call["transcript"];
    for (const entry of Array.isArray(transcript) ? (transcript as unknown[]) : [])
      this.#readEntry(entry);
    const durationS = durationAt(this.#metadata, "call_duration_secs");
    const ended = clock.timestampOf(clock.momentAt(durationS));
    const closeReason = textAt(this.#metadata, "termination_reason");
    this.#noteError();
    const tools = toToolEvents(this.#tools.values(), clock, this.#unread);
    return {
      format: NAME,
      isUndated: clock.isUndated,
      session: {
        id: this.#id,
        ...present("started_at", clock.timestampOf(clock.startMs)),
        ...present("ended_at", ended),
        ...present("close_reason", closeReason),
        ...present("agent", textAt(this.#call, "agent_id")),
        ...present("agent_name", textAt(this.#call, "agent_name")),
        attributes: this.#attributes(),
      },
      isCutOff: ended === undefined,
      messages: this.#messages,
      events: [...this.#events, ...tools],
      missing: [
        ...(clock.isUndated ? ["the date of the call"] : []),
        ...(ended === undefined ? ["the end of the call"] : []),
        ...(this.#messages.length === 0 ? ["words"] : []),
        ...(this.#hasUnknownRest ? ["the unheard rest of replies that were cut off"] : []),
        "when speech ended",
        "word times",
        "when the LLM and the TTS were asked",
        ...this.#unread.describe(),
      ],
    };
  }

  #attributes(): { [key: string]: JsonValue } {
    const client = fieldsAt(this.#call, "conversation_initiation_client_data");
    const keys = ["user_id", "version_id", "environment", "tag_ids", "analysis"];
    return {
      ...pickAttributes(NAME, this.#call, keys),
      ...pickAttributes(NAME, this.#metadata, ["main_language", "warnings"]),
      ...pickAttributes(NAME, fieldsAt(this.#metadata, "phone_call"), ["direction"]),
      ...pickAttributes(NAME, fieldsAt(this.#metadata, "charging"), ["llm_usage"]),
      ...pickAttributes(NAME, client, ["dynamic_variables"]),
      ...(this.#figures.length > 0 && { [`${NAME}.turn_metrics_s`]: this.#figures }),
    };
  }

  #noteError(): void {
    const { code, reason } = fieldsAt(this.#metadata, "error");
    const timestamp = this.#clock.timestampOf(
      this.#clock.momentAt(this.#metadata["call_duration_secs"]) ?? this.#clock.startMs,
    );
    if (timestamp === undefined || (code === undefined && reason === undefined)) return;
    const data = {
      ...(typeof code === "number" && { code }),
      ...(typeof reason === "string" && { message: reason }),
    };
    this.#events.push({ type: "error", timestamp, data });
  }

  #readEntry(value: unknown): void {
    const entry = asFields(value);
    if (entry === undefined) return this.#unread.add(value === null ? "null" : typeof value);
    const atMs = this.#clock.momentAt(entry["time_in_call_secs"]);
    if (atMs === undefined && entry["time_in_call_secs"] !== undefined) this.#unread.addTimes(1);
    const role = textAt(entry, "role") ?? "no role";
    const isTool = this.#readTools(entry, atMs);
    const content = readMessage(entry);
    const timestamp = this.#clock.timestampOf(atMs);
    if (role === "user" && content !== "" && entry["source_medium"] === "dtmf") {
      if (timestamp === undefined) return this.#unread.add("dtmf without a time");
      this.#events.push({ type: "dtmf", timestamp, data: { digit: content } });
      return;
    }
    if (role === "user" && content !== "") return this.#addUser(entry, content, timestamp);
    const isSpoken = content !== "" || entry["interrupted"] === true;
    if (role === "agent" && isSpoken) return this.#addAgent(entry, content, timestamp, atMs);
    if (!isTool || (role !== "agent" && role !== "user"))
      this.#unread.add(role === "agent" || role === "user" ? "message without words" : role);
  }

  #addUser(entry: Fields, content: string, timestamp: string | undefined): void {
    const isTyped = entry["source_medium"] === "text" || this.#metadata["text_only"] === true;
    const { convai_asr_provider: provider } = fieldsAt(entry, "conversation_turn_metrics");
    const isBackchannel = entry["ignored_as_backchannel"] === true;
    const draft: DraftUser = {
      role: "user",
      content,
      ...present("timestamp", timestamp),
      source: isTyped
        ? "text_input"
        : sourceOf(typeof provider === "string" && provider !== "" ? provider : undefined, "stt"),
      ...(!isTyped && { gateway: NAME }),
      ...(isBackchannel && { discarded: "held_back" as const }),
    };
    this.#messages.push(draft);
    if (isBackchannel) return;
    // Only a user cuts a reply off, and these are the words with which it was done.
    if (this.#cut !== undefined) this.#cut.interruptedBy = draft;
    this.#cut = undefined;
  }

  #addAgent(
    entry: Fields,
    content: string,
    timestamp: string | undefined,
    atMs: number | undefined,
  ): void {
    const turn = fieldsAt(entry, "conversation_turn_metrics");
    const original = textAt(entry, "original_message")?.trim();
    const isCut = entry["interrupted"] === true;
    const isText = this.#metadata["text_only"] === true;
    const generated =
      isCut && original !== undefined && original !== content ? original : undefined;
    const waitS = this.#readFigures(fieldsAt(turn, "metrics"), entry);
    const heardS = waitS === undefined || isText ? undefined : waitS;
    const draft: DraftAgent = {
      role: "agent",
      content,
      ...present("timestamp", timestamp),
      source: isText ? "text_output" : "elevenlabs_tts",
      delivery: content === "" ? "none" : isCut ? "partial" : "full",
      ...(content !== "" && !isText && { heard_by: "estimate" as const }),
      ...present("generated", generated),
      ...present("model", textAt(turn, "convai_tts_model")),
      ...present("voice", textAt(turn, "voice_id")),
      ...present("llm_model", textAt(entry, "producing_llm")),
      ...present("agent", textAt(fieldsAt(entry, "agent_metadata"), "agent_id")),
      ...present("latency", heardS === undefined ? undefined : this.#toWait(atMs, heardS)),
    };
    this.#hasUnknownRest ||= isCut && generated === undefined;
    this.#messages.push(draft);
    this.#cut = isCut ? draft : undefined;
  }

  #toWait(atMs: number | undefined, waitS: number): DraftAgent["latency"] {
    const playedMs = atMs ?? this.#clock.startMs;
    return toLatency({ speech_end: playedMs - waitS * 1000, playback_start: playedMs }, NAME);
  }

  /** Keeps the figures of a reply as they are, in seconds. Returns its whole wait. */
  #readFigures(metrics: Fields, entry: Fields): number | undefined {
    const figures: { [key: string]: JsonValue } = {};
    for (const key of Object.keys(metrics)) {
      const elapsedS = durationAt(fieldsAt(metrics, key), "elapsed_time");
      if (elapsedS !== undefined) figures[key] = elapsedS;
    }
    if (Object.keys(figures).length === 0) return undefined;
    const atS = durationAt(entry, "time_in_call_secs");
    this.#figures.push({ ...(atS !== undefined && { time_in_call_secs: atS }), ...figures });
    const waitS = durationAt(fieldsAt(metrics, WAIT_METRIC), "elapsed_time");
    return waitS !== undefined && waitS < LONGEST_WAIT_S ? waitS : undefined;
  }

  #readTools(entry: Fields, atMs: number | undefined): boolean {
    const calls = listAt(entry, "tool_calls");
    const results = listAt(entry, "tool_results");
    for (const call of calls) {
      const run = this.#toolOf(call);
      run.arguments = textAt(call, "params_as_json");
      run.startMs = atMs;
    }
    for (const result of results) {
      const run = this.#toolOf(result);
      const latencyS = durationAt(result, "tool_latency_secs");
      run.output = typeof result["result_value"] === "string" ? result["result_value"] : undefined;
      if (typeof result["is_error"] === "boolean") run.isError = result["is_error"];
      run.startMs ??= atMs;
      if (run.startMs !== undefined && latencyS !== undefined && latencyS > 0)
        run.endMs = run.startMs + latencyS * 1000;
    }
    return calls.length + results.length > 0;
  }

  #toolOf(fields: Fields): ToolRun {
    const callId = textAt(fields, "request_id");
    const key = callId ?? `no id ${this.#tools.size}`;
    const run: ToolRun = this.#tools.get(key) ?? { name: "unknown", callId };
    run.name = textAt(fields, "tool_name") ?? run.name;
    this.#tools.set(key, run);
    return run;
  }
}

/** A figure above this is in another unit, or no wait. */
const LONGEST_WAIT_S = 3600;

/** The words of an entry. One with several voices has them in parts. */
function readMessage(entry: Fields): string {
  const message = textAt(entry, "message");
  if (message !== undefined) return message.trim();
  return listAt(fieldsAt(entry, "multivoice_message"), "parts")
    .flatMap((part) => textAt(part, "text") ?? [])
    .join(" ")
    .trim();
}
