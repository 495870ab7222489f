import type { ImportContent } from "./content.js";
import { type DraftAgent, type DraftCall, type DraftUser, finishCall } from "./draft-call.js";
import { toLatency } from "./draft-latency.js";
import {
  type Fields,
  asFields,
  durationAt,
  fieldsAt,
  listAt,
  momentAt,
  numberAt,
  present,
  textAt,
  timestampOf,
} from "./fields.js";
import type { ImportFormat } from "./import-format.js";
import {
  type FinalTranscript,
  readCloseReason,
  readContent,
  readEvents,
  readFinals,
  readUsage,
  sourceOf,
  takeLanguage,
} from "./livekit-report-facts.js";
import { type ToolRun, groupRounds, toToolEvent } from "./tool-call.js";

/**
 * LiveKit's session report. Chat items have seconds in both SDKs. Its events have seconds in Python and
 * milliseconds in TypeScript.
 */
export const livekitReport: ImportFormat = {
  name: "livekit_report",
  origin: "LiveKit's `session_report.json`, of the Python and the TypeScript SDK",
  recognizedBy: "`chat_history.items` with `events` and `sdk_version` or `job_id`",
  kept: "words as the chat history has them, who interrupted, tools, handoffs, when each side spoke, the end of each turn, usage, languages",
  missing:
    "the unheard rest of a reply that was cut off, word times, when the language model and the synthesis were asked",
  recognizes: ({ kind, json }) => {
    const report = kind === "json" ? asFields(json) : undefined;
    return (
      report !== undefined &&
      Array.isArray(fieldsAt(report, "chat_history")["items"]) &&
      Array.isArray(report["events"]) &&
      ("sdk_version" in report || "job_id" in report)
    );
  },
  async *read(content: ImportContent) {
    yield finishCall(new ReportReader(content).read());
  },
};

const NAME = "livekit_report";

interface HeardUser {
  draft: DraftUser;
  stoppedMs: number | undefined;
  startedMs: number | undefined;
  committedMs: number | undefined;
  hookEndMs: number | undefined;
  finalMs: number | undefined;
}

interface SpokenAgent {
  draft: DraftAgent;
  startedMs: number | undefined;
  stoppedMs: number | undefined;
}

class ReportReader {
  readonly #report: Fields;
  readonly #items: Fields[];
  readonly #events: Fields[];
  /** Only the events and the time of the report differ between the SDKs. */
  readonly #eventUnit: "s" | "ms";
  readonly #name: string;
  readonly #tools: ToolRun[] = [];
  /** The results of tools by the id of the call. */
  readonly #outputs = new Map<unknown, Fields>();
  #hasUnknownRest = false;

  constructor({ json, name }: ImportContent) {
    this.#report = asFields(json) ?? {};
    this.#name = name;
    this.#items = listAt(fieldsAt(this.#report, "chat_history"), "items");
    this.#events = listAt(this.#report, "events");
    for (const item of this.#items.toReversed())
      if (item["type"] === "function_call_output") this.#outputs.set(item["call_id"], item);
    this.#eventUnit = this.#isOfTypeScript() ? "ms" : "s";
  }

  read(): DraftCall {
    const messages: (DraftUser | DraftAgent)[] = [];
    const spoken: SpokenAgent[] = [];
    const users: HeardUser[] = [];
    const languages = readFinals(this.#events);
    let roundTools: ToolRun[] = [];
    let unanswered: HeardUser | undefined;
    for (const item of this.#items) {
      if (item["type"] === "function_call") roundTools.push(this.#addTool(item));
      if (item["type"] !== "message") continue;
      if (item["role"] === "user") {
        const user = this.#readUser(item, languages);
        users.push(user);
        messages.push(user.draft);
        unanswered = user;
        roundTools = [];
      } else if (item["role"] === "assistant") {
        const agent = this.#readAgent(item, unanswered, roundTools);
        spoken.push(agent);
        messages.push(agent.draft);
        unanswered = undefined;
        roundTools = [];
      }
    }
    for (const agent of spoken) noteInterruption(agent, users);
    return this.#toCall(messages);
  }

  #toCall(messages: DraftCall["messages"]): DraftCall {
    const report = this.#report;
    const close = this.#events.findLast(({ type }) => type === "close");
    const moments = [
      ...this.#events.map((event) => this.#eventMoment(event)),
      ...this.#itemMoments(),
    ];
    const started = timestampOf(moments.reduce(earlier, undefined));
    const ended = timestampOf(close && this.#eventMoment(close));
    const handoff = this.#items.find(({ type }) => type === "agent_handoff");
    const version = textAt(report, "sdk_version");
    const usage = readUsage(report);
    const closeReason = readCloseReason(close, report);
    const software = this.#eventUnit === "ms" ? "@livekit/agents" : "livekit-agents";
    return {
      format: NAME,
      session: {
        id: textAt(report, "room_id") ?? textAt(report, "job_id") ?? this.#name,
        ...(started !== undefined && { started_at: started }),
        ...present("ended_at", ended),
        ...present("close_reason", closeReason),
        ...present("room", textAt(report, "room")),
        ...present("room_id", textAt(report, "room_id")),
        ...present("job", textAt(report, "job_id")),
        ...present("agent", handoff && textAt(handoff, "new_agent_id")),
        ...present("agent_name", textAt(report, "agent_name")),
        ...(usage.length > 0 && { usage }),
        ...(version !== undefined && { software: { [software]: version } }),
      },
      isCutOff: close === undefined,
      messages,
      events: [
        ...this.#tools.flatMap((run) => toToolEvent(run) ?? []),
        ...readEvents(this.#items, this.#events, this.#eventUnit),
      ],
      missing: [
        ...(close === undefined ? ["the end of the call"] : []),
        ...(this.#hasUnknownRest ? ["the unheard rest of replies that were cut off"] : []),
        "word times",
        "when the LLM and the TTS were asked",
      ],
    };
  }

  /** A number of 13 digits is in milliseconds. In seconds it would be in the year 57,000. */
  #isOfTypeScript(): boolean {
    const at = numberAt(this.#report, "timestamp") ?? numberAt(this.#events[0] ?? {}, "created_at");
    return at !== undefined && at > 1e11;
  }

  #eventMoment(event: Fields): number | undefined {
    return momentAt(event, "created_at", this.#eventUnit);
  }

  #itemMoments(): (number | undefined)[] {
    return this.#items.map((item) => momentAt(item, "created_at", "s"));
  }

  #readUser(item: Fields, languages: FinalTranscript[]): HeardUser {
    const metrics = fieldsAt(item, "metrics");
    const stt = fieldsAt(metrics, "stt_metadata");
    const content = readContent(item);
    const startedMs = momentAt(metrics, "started_speaking_at", "s");
    const stoppedMs = momentAt(metrics, "stopped_speaking_at", "s");
    const after = (key: string): number | undefined => {
      const delayS = durationAt(metrics, key);
      return stoppedMs === undefined || !delayS ? undefined : stoppedMs + delayS * 1000;
    };
    const finalMs = after("transcription_delay");
    const committedMs = after("end_of_turn_delay");
    const hookS = durationAt(metrics, "on_user_turn_completed_delay");
    const isSpoken = Object.keys(metrics).length > 0;
    const confidence = durationAt(item, "transcript_confidence");
    const draft: DraftUser = {
      role: "user",
      content,
      ...present("timestamp", timestampOf(finalMs ?? momentAt(item, "created_at", "s"))),
      source: isSpoken ? sourceOf(textAt(stt, "model_provider"), "stt") : "text_input",
      ...present("started_at", timestampOf(startedMs)),
      ...present("ended_at", timestampOf(stoppedMs)),
      ...present("language", isSpoken ? takeLanguage(content, languages) : undefined),
      ...present("model", textAt(stt, "model_name")),
      ...(isSpoken &&
        confidence !== undefined &&
        confidence > 0 &&
        confidence <= 1 && { confidence }),
    };
    const hookEndMs =
      committedMs === undefined || hookS === undefined ? undefined : committedMs + hookS * 1000;
    return { draft, startedMs, stoppedMs, finalMs, committedMs, hookEndMs };
  }

  /** @param user the user's message that this reply is the first to answer */
  #readAgent(item: Fields, user: HeardUser | undefined, tools: readonly ToolRun[]): SpokenAgent {
    const metrics = fieldsAt(item, "metrics");
    const tts = fieldsAt(metrics, "tts_metadata");
    const llm = fieldsAt(metrics, "llm_metadata");
    const startedMs = momentAt(metrics, "started_speaking_at", "s");
    const stoppedMs = momentAt(metrics, "stopped_speaking_at", "s");
    const content = readContent(item);
    const isCut = item["interrupted"] === true;
    const isVoice = numberAt(metrics, "tts_node_ttfb") !== undefined || "tts_metadata" in metrics;
    this.#hasUnknownRest ||= isCut;
    const rounds = groupRounds(tools);
    const latency = isVoice
      ? toLatency(
          {
            speech_end: user?.stoppedMs,
            transcript_final: user?.finalMs,
            turn_committed: user?.committedMs,
            turn_hook_end: user?.hookEndMs,
            tool_start: rounds[0]?.startMs,
            tool_end: rounds.at(-1)?.endMs,
            playback_start: startedMs,
            playback_end: stoppedMs,
          },
          "livekit",
          { speechEndBy: "vad", rounds: toRounds(rounds, user?.stoppedMs) },
        )
      : undefined;
    const draft: DraftAgent = {
      role: "agent",
      content,
      ...present("timestamp", timestampOf(earlier(momentAt(item, "created_at", "s"), startedMs))),
      source: isVoice ? sourceOf(textAt(tts, "model_provider"), "tts") : "text_output",
      delivery: isCut ? (content === "" ? "none" : "partial") : "full",
      ...(isCut && content !== "" && { heard_by: "estimate" as const }),
      ...present("started_at", isVoice ? timestampOf(startedMs) : undefined),
      ...present("ended_at", isVoice ? timestampOf(stoppedMs) : undefined),
      ...present("model", textAt(tts, "model_name")),
      ...present("llm_model", textAt(llm, "model_name")),
      ...present("latency", latency),
    };
    return { draft, startedMs, stoppedMs };
  }

  #addTool(item: Fields): ToolRun {
    const callId = textAt(item, "call_id");
    const output = this.#outputs.get(callId);
    const run: ToolRun = {
      name: textAt(item, "name") ?? "unknown",
      callId,
      arguments: textAt(item, "arguments"),
      output: typeof output?.["output"] === "string" ? output["output"] : undefined,
      isError: output === undefined ? undefined : output["is_error"] === true,
      startMs: momentAt(item, "created_at", "s"),
      endMs: output && momentAt(output, "created_at", "s"),
    };
    this.#tools.push(run);
    return run;
  }
}

/** The user's message that began before a reply was cut off and after it began. */
function noteInterruption({ draft, startedMs, stoppedMs }: SpokenAgent, users: HeardUser[]): void {
  if (draft.delivery === "full" || startedMs === undefined || stoppedMs === undefined) return;
  const by = users.findLast(
    (user) =>
      user.startedMs !== undefined && user.startedMs > startedMs && user.startedMs <= stoppedMs,
  );
  if (by !== undefined) draft.interruptedBy = by.draft;
}

function toRounds(
  rounds: readonly { startMs: number; endMs: number }[],
  originMs: number | undefined,
): { start_s: number; end_s: number }[] {
  if (originMs === undefined) return [];
  return rounds.map(({ startMs, endMs }) => ({
    start_s: Math.round(startMs - originMs) / 1000,
    end_s: Math.round(endMs - originMs) / 1000,
  }));
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
