import { type DraftCall, finishCall } from "../draft-call.js";
import { type Fields, present, textAt, timestampOf } from "../fields.js";
import type { ImportedConversation } from "../import-format.js";
import { LivekitReplies } from "./livekit-replies.js";
import { readOtherEvents, readToolEvents, readUsage } from "./livekit-facts.js";
import type { LivekitDialect } from "./livekit-dialect.js";
import { LivekitTurns } from "./livekit-turns.js";
import { LivekitUsers } from "./livekit-users.js";
import { type ReceivedSpan, orderOf } from "./received-span.js";

/** One session of LiveKit, from its spans. Pure. */
export class LivekitCall {
  readonly #spans: readonly ReceivedSpan[];
  readonly #dialect: LivekitDialect;
  readonly #session: ReceivedSpan | undefined;

  /** @param spans in the order of their starts */
  constructor(spans: readonly ReceivedSpan[], dialect: LivekitDialect) {
    this.#spans = spans;
    this.#dialect = dialect;
    this.#session = spans.find(({ name }) => name === "agent_session");
  }

  /** Undefined if the spans tell of no session: a job without one, or a loose request. */
  read(): ImportedConversation | undefined {
    const turns = new LivekitTurns(this.#spans);
    const hasTurn =
      turns.userTurns.length > 0 || turns.agentTurns.some(({ span }) => span !== undefined);
    if (this.#session === undefined && !hasTurn) return undefined;
    const users = new LivekitUsers(turns, this.#dialect);
    const replies = new LivekitReplies(turns, users, this.#spans, this.#dialect);
    return finishCall({
      ...this.#describe(),
      messages: [...users.drafts, ...replies.drafts],
      unspoken: replies.unspoken,
      events: [
        ...turns.agentTurns.flatMap((turn) => readToolEvents(turn, users.turnNameOf(turn))),
        ...readOtherEvents(this.#spans),
      ],
      missing: [
        ...(this.#session === undefined ? ["the end of the call"] : []),
        ...(users.isWithheld ? ["all words, because no span has any"] : []),
        ...replies.missing,
        "word times",
        "languages",
        "voices",
      ],
    });
  }

  #describe(): Pick<DraftCall, "format" | "session" | "isCutOff"> {
    const session = this.#session;
    const start = session ?? this.#spans.find(({ name }) => name !== "job_entrypoint");
    const all = this.#spans;
    const close = all.find(({ name }) => name === "session_close");
    const facts: Fields = session?.attributes ?? {};
    const conversationId = findText(all, "gen_ai.conversation.id");
    const traceId = all[0]?.traceId ?? "";
    const roomId =
      textAt(facts, "lk.room_sid") ??
      (conversationId?.startsWith("RM_") ? conversationId : undefined);
    const agent =
      textAt(facts, "lk.agent_label") ??
      findText(
        all.filter(({ name }) => name === "start_agent_activity"),
        "lk.agent_label",
      );
    const usage = readUsage(all);
    return {
      format: this.#dialect.name,
      session: {
        id: roomId ?? conversationId ?? traceId,
        ...present("started_at", timestampOf(start && orderOf(start))),
        ...present("ended_at", timestampOf(session?.endMs)),
        ...present("close_reason", close && textAt(close.attributes, "lk.close_reason")),
        trace_id: traceId,
        ...present("room", textAt(facts, "lk.pii.room_name") ?? textAt(facts, "lk.room_name")),
        ...present("room_id", roomId),
        ...present("job", textAt(facts, "lk.job_id") ?? findText(all, "lk.job_id")),
        ...present("agent", agent),
        ...present("agent_name", textAt(facts, "lk.agent_name")),
        ...(usage.length > 0 && { usage }),
      },
      isCutOff: session === undefined,
    };
  }
}

function findText(spans: readonly ReceivedSpan[], key: string): string | undefined {
  for (const { attributes } of spans) {
    const text = textAt(attributes, key);
    if (text !== undefined) return text;
  }
  return undefined;
}
