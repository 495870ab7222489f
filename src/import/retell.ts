import type { JsonValue } from "../record/index.js";
import { type CallLayout, hasCalls, readListedCalls } from "./call-list.js";
import { CallClock, readWords } from "./call-clock.js";
import { type DraftAgent, type DraftCall, type DraftUser, finishCall } from "./draft-call.js";
import { type Fields, asFields, momentAt, present, textAt } from "./fields.js";
import type { ImportFormat, ImportedConversation, UnreadPart } from "./import-format.js";
import {
  HEARD,
  type Spoken,
  UnreadCount,
  idAt,
  noteWaits,
  pickAttributes,
  readTranscriptLines,
  toToolEvents,
} from "./spoken.js";
import type { ToolRun } from "./tool-call.js";

const NAME = "retell";

const LAYOUT: CallLayout = {
  format: NAME,
  isCall: (fields) =>
    typeof fields["call_id"] === "string" &&
    typeof fields["call_status"] === "string" &&
    ("agent_id" in fields || "call_type" in fields),
  unwrap: (fields) => (typeof fields["event"] === "string" ? asFields(fields["call"]) : undefined),
  listKeys: ["items", "calls"],
  hasMore: (response) => response["has_more"] === true,
};

const WORD_KEYS = { text: ["word"], start: "start", end: "end" } as const;

/** Keys of the call that become attributes as they are. Numbers and SIP headers of callers do not. */
const ATTRIBUTES = [
  "call_type",
  "direction",
  "agent_version",
  "agent_tag",
  "metadata",
  "retell_llm_dynamic_variables",
  "collected_dynamic_variables",
  "call_analysis",
  "latency",
  "llm_token_usage",
  "telephony_identifier",
] as const;

/** Calls as Retell's API and webhooks give them. */
export const retell: ImportFormat = {
  name: NAME,
  origin: "calls of Retell, as its API (one, or a page of its list) and its webhooks give them",
  recognizedBy: "`call_id` with `call_status` and `agent_id` or `call_type`, also below `call`",
  kept: "words with their times, tools, keys that were pressed, transitions between nodes, who spoke after a transfer, why the call ended. Metadata, variables, analysis, token counts and the call's latency figures become attributes `retell.*`",
  missing:
    "the unheard rest of replies, which replies were cut off, times of tool calls, models and voices; telephone numbers, SIP headers, costs and links are left out",
  fields:
    "`start_timestamp`, `end_timestamp` (ms since 1970); `transcript_with_tool_calls` or `transcript_object`: `role`, `content`, `words[].word`, `.start`, `.end` (s of the recording, taken as s from `start_timestamp`; Retell calls them approximate). `time_sec` (s from the start); `latency.*` (ms, kept as given). A wait is the time from the user's last word to the agent's first",
  describedIn: "the types of the package `retell-sdk` 5.66.1, `resources/call.d.ts`",
  recognizes: (content) => hasCalls(content, LAYOUT),
  read: (content) => readListedCalls(content, LAYOUT, readCall),
};

/** Who speaks a line of the plain transcript. */
const SPEAKERS = new Map([
  ["agent", "agent"],
  ["user", "user"],
] as const);

function readCall(call: Fields, fileName: string): ImportedConversation | UnreadPart {
  const id = idAt(call, "call_id");
  const status = textAt(call, "call_status");
  if (status === "ongoing" || status === "registered")
    return { format: NAME, problem: `the call ${id ?? ""} is not over (${status})` };
  const draft = new RetellReader(call, id ?? fileName).read();
  return finishCall({ ...draft, hasOwnId: id !== undefined });
}

class RetellReader {
  readonly #call: Fields;
  readonly #id: string;
  readonly #clock: CallClock;
  readonly #unread = new UnreadCount();
  readonly #spoken: Spoken[] = [];
  readonly #tools = new Map<string, ToolRun>();
  readonly #events: NonNullable<DraftCall["events"]>[number][] = [];
  #untimedWords = 0;
  /** The end of what was said so far, for entries without a time. */
  #latestMs: number;

  constructor(call: Fields, id: string) {
    this.#call = call;
    this.#id = id;
    this.#clock = new CallClock(momentAt(call, "start_timestamp", "ms"));
    this.#latestMs = this.#clock.startMs;
  }

  read(): DraftCall {
    const call = this.#call;
    const clock = this.#clock;
    const [entries, isScrubbed] = this.#findEntries();
    for (const entry of entries) this.#readEntry(entry);
    const text = textAt(call, "transcript");
    if (entries.length === 0 && text !== undefined)
      this.#spoken.push(...readTranscriptLines(text, SPEAKERS, this.#unread));
    noteWaits(this.#spoken, NAME, "stt");
    const endMs = momentAt(call, "end_timestamp", "ms");
    const started = clock.timestampOf(clock.startMs);
    const tools = toToolEvents(this.#tools.values(), clock, this.#unread);
    return {
      format: NAME,
      isUndated: clock.isUndated,
      session: {
        id: this.#id,
        ...present("started_at", started),
        ...present("ended_at", clock.isUndated ? undefined : clock.timestampOf(endMs)),
        ...present("close_reason", textAt(call, "disconnection_reason")),
        ...present("agent", textAt(call, "agent_id")),
        ...present("agent_name", textAt(call, "agent_name")),
        attributes: pickAttributes(NAME, call, ATTRIBUTES),
      },
      messages: this.#spoken.map(({ draft }) => draft),
      events: [...this.#events, ...tools],
      missing: [
        ...(clock.isUndated ? ["the date of the call"] : []),
        ...(this.#spoken.length === 0 ? ["words"] : ["which replies were cut off"]),
        ...(endMs === undefined ? ["when the call ended"] : []),
        ...(isScrubbed ? ["words that Retell took out"] : []),
        ...(this.#untimedWords > 0 ? ["some word times"] : []),
        ...(this.#tools.size > 0 ? ["the times of tool calls"] : []),
        "when the LLM and the TTS were asked",
        ...this.#unread.describe(),
      ],
    };
  }

  /** The list with the most in it. Without a whole one it is the one that Retell has scrubbed. */
  #findEntries(): [readonly unknown[], isScrubbed: boolean] {
    for (const key of [
      "transcript_with_tool_calls",
      "transcript_object",
      "scrubbed_transcript_with_tool_calls",
    ]) {
      const list = this.#call[key];
      if (Array.isArray(list) && list.length > 0) return [list, key.startsWith("scrubbed")];
    }
    return [[], false];
  }

  #readEntry(value: unknown): void {
    const entry = asFields(value);
    const role = entry === undefined ? "" : (textAt(entry, "role") ?? "");
    if (entry === undefined) return this.#unread.add(value === null ? "null" : typeof value);
    switch (role) {
      case "user":
      case "agent":
      case "transfer_target":
        return this.#addMessage(entry, role);
      case "tool_call_invocation":
      case "tool_call_result":
        return this.#addTool(entry, role === "tool_call_result");
      case "node_transition":
        return this.#addEvent(entry, role, {
          from: textAt(entry, "former_node_name") ?? textAt(entry, "former_node_id") ?? null,
          to: textAt(entry, "new_node_name") ?? textAt(entry, "new_node_id") ?? null,
          ...present("transition_type", textAt(entry, "transition_type")),
        });
      case "dtmf":
        return this.#addEvent(entry, role, { digit: textAt(entry, "digit") ?? "" });
      case "sms":
      case "injected":
        return this.#addEvent(entry, role === "sms" ? "sms" : "injected_context", {
          content: textAt(entry, "content") ?? "",
        });
      default:
        return this.#unread.add(role === "" ? "no role" : role);
    }
  }

  #addMessage(entry: Fields, role: "user" | "agent" | "transfer_target"): void {
    const content = textAt(entry, "content")?.trim() ?? "";
    if (content === "") return this.#unread.add("message without words");
    const { words, startMs, endMs, badTimes } = readWords(entry["words"], WORD_KEYS, this.#clock);
    this.#unread.addTimes(badTimes);
    if (words === undefined) this.#untimedWords += 1;
    const timestamp = this.#clock.timestampOf(startMs);
    const shared = {
      content,
      ...present("timestamp", timestamp),
      gateway: NAME,
      ...present("started_at", timestamp),
      ...present("ended_at", this.#clock.timestampOf(endMs)),
      ...present("words", words),
    };
    const draft: DraftUser | DraftAgent =
      role === "agent"
        ? { role, source: "unknown_tts", ...HEARD, ...shared }
        : {
            role: "user",
            source: "unknown_stt",
            ...(role === "transfer_target" && { speaker: role }),
            ...shared,
          };
    this.#latestMs = Math.max(this.#latestMs, endMs ?? startMs ?? 0);
    this.#spoken.push({ draft, startMs, endMs });
  }

  #addTool(entry: Fields, isResult: boolean): void {
    const callId = textAt(entry, "tool_call_id");
    const key = callId ?? `no id ${this.#tools.size}`;
    const run: ToolRun = this.#tools.get(key) ?? {
      name: "unknown",
      callId,
      startMs: this.#latestMs,
    };
    if (isResult) {
      run.output = typeof entry["content"] === "string" ? entry["content"] : undefined;
      if (typeof entry["successful"] === "boolean") run.isError = !entry["successful"];
    } else {
      run.name = textAt(entry, "name") ?? "unknown";
      run.arguments = textAt(entry, "arguments");
      // The newest calls have it; otherwise the call came after what was said before.
      run.startMs = this.#clock.momentAt(entry["time_sec"]) ?? this.#latestMs;
    }
    this.#tools.set(key, run);
  }

  #addEvent(entry: Fields, type: string, data: { [key: string]: JsonValue }): void {
    const timestamp = this.#clock.timestampOf(
      this.#clock.momentAt(entry["time_sec"]) ?? this.#latestMs,
    );
    if (timestamp !== undefined) this.#events.push({ type, timestamp, data });
  }
}
