import type { JsonValue, ModelUsage } from "../record/index.js";
import { type CallLayout, hasCalls, readListedCalls } from "./call-list.js";
import { CallClock } from "./call-clock.js";
import { type DraftAgent, type DraftCall, type DraftUser, finishCall } from "./draft-call.js";
import {
  type Fields,
  asFields,
  durationAt,
  fieldsAt,
  listAt,
  momentAt,
  present,
  roundSeconds,
  textAt,
} from "./fields.js";
import type { ImportFormat, ImportedConversation, UnreadPart } from "./import-format.js";
import { sourceOf } from "./livekit-report-facts.js";
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

const NAME = "vapi";

const LAYOUT: CallLayout = {
  format: NAME,
  isCall: (fields) =>
    typeof fields["id"] === "string" &&
    typeof fields["orgId"] === "string" &&
    (/call$/i.test(textAt(fields, "type") ?? "") ||
      "artifact" in fields ||
      "endedReason" in fields),
  unwrap: unwrapReport,
  listKeys: ["results"],
  hasMore: (response) => {
    const { itemsPerPage, currentPage, totalItems } = fieldsAt(response, "metadata");
    return (
      typeof itemsPerPage === "number" &&
      typeof totalItems === "number" &&
      totalItems > itemsPerPage * (typeof currentPage === "number" ? currentPage : 1)
    );
  },
};

/** A webhook's report has the newest artifact beside the call. */
function unwrapReport(fields: Fields): Fields | undefined {
  const message = fieldsAt(fields, "message");
  const call = asFields(message["call"]);
  if (message["type"] !== "end-of-call-report" || call === undefined) return undefined;
  const report = { ...call, status: "ended" };
  for (const key of ["artifact", "analysis", "endedReason", "startedAt", "endedAt", "costs"])
    if (message[key] !== undefined) Object.assign(report, { [key]: message[key] });
  return report;
}

/** Calls as Vapi's API and its report at the end of a call give them. */
export const vapi: ImportFormat = {
  name: NAME,
  origin:
    "calls of Vapi, as its API (one, a list, or a page) and its `end-of-call-report` give them",
  recognizedBy:
    "`id` and `orgId` with a `type` such as `webCall`, `artifact` or `endedReason`, also below `message.call`",
  kept: "words, when each message began and ended, tools with their times, speakers, assistants, services, usage, why the call ended; analysis, variables and performance metrics as attributes `vapi.*`",
  missing:
    "the unheard rest of replies, which replies were cut off, word times; instructions, telephone numbers, costs and links are left out",
  fields:
    "`startedAt`, `endedAt` (ISO 8601); `artifact.messages` or `messages`: `role`, `message`, `time`, `endTime` (ms since 1970), `secondsFromStart` (s); `costs[].minutes` (min); `artifact.performanceMetrics` (ms, kept as given, because no entry names its reply). A message's `duration` is not read, because its unit differs. A wait is the time from the user's `endTime` to the bot's `time`",
  describedIn:
    "the types of the package `@vapi-ai/server-sdk` 2.0.1, `Call`, `Artifact`, `BotMessage`, `UserMessage`, `ToolCallMessage`, `ToolCallResultMessage`, `PerformanceMetrics`",
  recognizes: (content) => hasCalls(content, LAYOUT),
  read: (content) => readListedCalls(content, LAYOUT, readCall),
};

/** Who speaks a line of the plain transcript. */
const SPEAKERS = new Map([
  ["ai", "agent"],
  ["bot", "agent"],
  ["user", "user"],
] as const);

const UNFINISHED = ["scheduled", "queued", "ringing", "in-progress", "forwarding"];

function readCall(call: Fields, fileName: string): ImportedConversation | UnreadPart {
  const id = idAt(call, "id");
  const status = textAt(call, "status") ?? "";
  if (UNFINISHED.includes(status) && textAt(call, "endedAt") === undefined)
    return { format: NAME, problem: `the call ${id ?? ""} is not over (${status})` };
  const draft = new VapiReader(call, id ?? fileName).read();
  return finishCall({ ...draft, hasOwnId: id !== undefined });
}

class VapiReader {
  readonly #call: Fields;
  readonly #id: string;
  readonly #clock: CallClock;
  readonly #artifact: Fields;
  readonly #costs: Fields[];
  readonly #unread = new UnreadCount();
  readonly #spoken: Spoken[] = [];
  readonly #tools = new Map<string, ToolRun>();
  readonly #stt: Fields;
  readonly #tts: Fields;
  readonly #llm: Fields;

  constructor(call: Fields, id: string) {
    this.#call = call;
    this.#id = id;
    this.#artifact = fieldsAt(call, "artifact");
    this.#costs = listAt(call, "costs");
    this.#clock = new CallClock(momentAt(call, "startedAt", "ms") ?? this.#firstMoment());
    // A call without a stored assistant has its services itself.
    this.#stt = this.#findService("transcriber");
    this.#tts = this.#findService("voice");
    this.#llm = this.#findService("model");
  }

  read(): DraftCall {
    const call = this.#call;
    const clock = this.#clock;
    for (const message of this.#messages()) this.#readMessage(message);
    const text = textAt(this.#artifact, "transcript") ?? textAt(call, "transcript");
    if (this.#spoken.length === 0 && text !== undefined)
      this.#spoken.push(...readTranscriptLines(text, SPEAKERS, this.#unread));
    noteWaits(this.#spoken, NAME);
    const transfers = listAt(this.#artifact, "transfers").length;
    if (transfers > 0) this.#unread.add("transfer", transfers);
    const endMs = momentAt(call, "endedAt", "ms");
    const assistant = fieldsAt(call, "assistant");
    const usage = readUsage(this.#costs);
    const events = toToolEvents(this.#tools.values(), clock, this.#unread);
    return {
      format: NAME,
      isUndated: clock.isUndated,
      session: {
        id: this.#id,
        ...present("started_at", clock.timestampOf(clock.startMs)),
        ...present("ended_at", clock.isUndated ? undefined : clock.timestampOf(endMs)),
        ...present("close_reason", textAt(call, "endedReason")),
        ...present("agent", textAt(call, "assistantId")),
        ...present("agent_name", textAt(assistant, "name")),
        attributes: this.#attributes(),
        ...(usage.length > 0 && { usage }),
      },
      isCutOff: endMs === undefined,
      messages: this.#spoken.map(({ draft }) => draft),
      events,
      missing: [
        ...(clock.isUndated ? ["the date of the call"] : []),
        ...(endMs === undefined ? ["the end of the call"] : []),
        ...(this.#spoken.length === 0 ? ["words"] : ["which replies were cut off"]),
        "word times",
        "when the LLM and the TTS were asked",
        ...this.#unread.describe(),
      ],
    };
  }

  #messages(): readonly unknown[] {
    for (const messages of [this.#artifact["messages"], this.#call["messages"]])
      if (Array.isArray(messages) && messages.length > 0) return messages;
    return [];
  }

  #firstMoment(): number | undefined {
    for (const message of this.#messages()) {
      const ms = momentAt(asFields(message) ?? {}, "time", "ms");
      if (ms !== undefined) return ms;
    }
    return undefined;
  }

  #attributes(): { [key: string]: JsonValue } {
    return {
      ...pickAttributes(NAME, this.#call, ["type", "name", "endedMessage", "analysis", "metadata"]),
      ...pickAttributes(NAME, fieldsAt(this.#call, "assistantOverrides"), ["variableValues"]),
      ...pickAttributes(NAME, this.#artifact, [
        "variableValues",
        "structuredOutputs",
        "performanceMetrics",
      ]),
    };
  }

  #readMessage(value: unknown): void {
    const message = asFields(value);
    if (message === undefined)
      return this.#unread.add(
        value === null ? "null" : Array.isArray(value) ? "list" : typeof value,
      );
    const role = textAt(message, "role") ?? "no role";
    switch (role) {
      case "user":
        return this.#addMessage(message, "user");
      case "bot":
      case "assistant":
        return this.#addMessage(message, "agent");
      case "tool_calls":
        return this.#addTools(message);
      case "tool_call_result":
        return this.#addResult(message);
      // The instructions are no part of what was said.
      case "system":
        return;
      default:
        return this.#unread.add(role);
    }
  }

  #momentOf(message: Fields): number | undefined {
    const toldMs = momentAt(message, "time", "ms");
    if (toldMs !== undefined && this.#clock.isOfCall(toldMs)) return toldMs;
    if (toldMs !== undefined) this.#unread.addTimes(1);
    return this.#clock.momentAt(message["secondsFromStart"]);
  }

  #addMessage(message: Fields, role: "user" | "agent"): void {
    const content = (textAt(message, "message") ?? textAt(message, "content"))?.trim() ?? "";
    if (content === "") return this.#unread.add("message without words");
    const startMs = this.#momentOf(message);
    let endMs = momentAt(message, "endTime", "ms");
    if (
      endMs !== undefined &&
      (startMs === undefined || endMs < startMs || !this.#clock.isOfCall(endMs))
    ) {
      this.#unread.addTimes(1);
      endMs = undefined;
    }
    const timestamp = this.#clock.timestampOf(startMs);
    const shared = {
      content,
      gateway: NAME,
      ...present("timestamp", timestamp),
      ...present("started_at", timestamp),
      ...present("ended_at", this.#clock.timestampOf(endMs)),
    };
    const agent = textAt(message, "assistantName") ?? textAt(message, "assistantId");
    const draft: DraftUser | DraftAgent =
      role === "user"
        ? {
            role,
            source: sourceOf(textAt(this.#stt, "provider"), "stt"),
            ...present("model", textAt(this.#stt, "model")),
            ...present("speaker", textAt(message, "speakerLabel")),
            ...shared,
          }
        : {
            role,
            source: sourceOf(textAt(this.#tts, "provider"), "tts"),
            ...HEARD,
            ...present("model", textAt(this.#tts, "model")),
            ...present("voice", textAt(this.#tts, "voiceId")),
            ...present("llm_model", textAt(this.#llm, "model")),
            ...present("agent", agent),
            ...shared,
          };
    this.#spoken.push({ draft, startMs, endMs });
  }

  #addTools(message: Fields): void {
    for (const call of listAt(message, "toolCalls")) {
      const called = fieldsAt(call, "function");
      const given = called["arguments"];
      const callId = textAt(call, "id");
      const run = this.#toolOf(callId);
      run.name = textAt(called, "name") ?? textAt(call, "name") ?? run.name;
      run.arguments = typeof given === "string" ? given : toText(given);
      run.startMs = this.#momentOf(message);
    }
  }

  #addResult(message: Fields): void {
    const run = this.#toolOf(textAt(message, "toolCallId"));
    const result = message["result"];
    if (run.name === "unknown") run.name = textAt(message, "name") ?? run.name;
    run.output = typeof result === "string" ? result : toText(result);
    run.endMs = this.#momentOf(message);
  }

  #toolOf(callId: string | undefined): ToolRun {
    const key = callId ?? `no id ${this.#tools.size}`;
    const run = this.#tools.get(key) ?? { name: "unknown", callId };
    this.#tools.set(key, run);
    return run;
  }

  /** The service of a kind: the assistant's own, or the only one that was paid. */
  #findService(kind: "transcriber" | "voice" | "model"): Fields {
    const own = asFields(fieldsAt(this.#call, "assistant")[kind]);
    if (own !== undefined) return own;
    const paid = this.#costs
      .filter(({ type }) => type === kind)
      .map((cost) => fieldsAt(cost, kind));
    return (paid.length === 1 ? paid[0] : undefined) ?? {};
  }
}

function toText(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}

const USAGE_KINDS = { model: "llm", transcriber: "stt", voice: "tts" } as const;

function readUsage(costs: readonly Fields[]): ModelUsage[] {
  return costs.flatMap((cost): ModelUsage[] => {
    const type = cost["type"];
    if (type !== "model" && type !== "transcriber" && type !== "voice") return [];
    const service = fieldsAt(cost, type);
    const provider = textAt(service, "provider");
    const model = textAt(service, "model") ?? textAt(service, "voiceId");
    if (provider === undefined || model === undefined) return [];
    const minutes = type === "transcriber" ? durationAt(cost, "minutes") : undefined;
    return [
      {
        kind: USAGE_KINDS[type],
        provider,
        model,
        ...(type === "model" && {
          ...present("input_tokens", durationAt(cost, "promptTokens")),
          ...present("cached_input_tokens", durationAt(cost, "cachedPromptTokens")),
          ...present("output_tokens", durationAt(cost, "completionTokens")),
        }),
        ...(type === "voice" && present("characters", durationAt(cost, "characters"))),
        ...present("audio_s", minutes === undefined ? undefined : roundSeconds(minutes * 60)),
      },
    ];
  });
}
