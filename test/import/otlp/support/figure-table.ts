import type { Conversation, LatencyMark } from "../../../../src/record/index.js";
import { formatTable } from "../../../support/markdown.js";
import { importOne } from "../../support/import-calls.js";
import {
  NODE_1_8,
  PYTHON_1_8,
  makeGenAiCall,
  makeLivekitCall,
  makeLivekitSpans,
  makePipecatCall,
} from "./made-calls.js";
import type { MadeSpan } from "./make-trace.js";

const COLUMNS: readonly (readonly [heading: string, trace: unknown])[] = [
  ["LiveKit Python", makeLivekitCall(PYTHON_1_8)],
  ["LiveKit TypeScript", makeLivekitCall(NODE_1_8, listTypescriptSpans())],
  ["Pipecat", makePipecatCall()],
  ["`gen_ai.*`", makeGenAiCall()],
];

/** The made call with what `@livekit/agents` 1.8.1 writes, and without what only Python does. */
function listTypescriptSpans(): MadeSpan[] {
  const onlyPython = ["lk.playout.position", "lk.stt.events"];
  return makeLivekitSpans(NODE_1_8)
    .filter(({ name }) => !["eou_wait", "update_agent", "session_close"].includes(name))
    .map((span) => ({
      ...span,
      attributes: Object.fromEntries(
        Object.entries(span.attributes ?? {}).filter(([key]) => !onlyPython.includes(key)),
      ),
    }));
}

const FIGURES: readonly (readonly [figure: string, isIn: (call: Conversation) => boolean])[] = [
  [
    "words of both sides",
    ({ conversation }) => new Set(conversation.map(({ role }) => role)).size === 2,
  ],
  ["what was heard of a reply that was cut off", hasReply("heard_by")],
  ["the rest of it, which nobody heard", hasReply("generated")],
  ["who cut it off", hasReply("interrupted_by")],
  ["seconds of it that were played", hasReply("played_s")],
  ["replies that were discarded", ({ unspoken }) => unspoken.length > 0],
  [
    "when the user spoke",
    ({ conversation }) =>
      conversation.some(
        (each) =>
          each.role === "user" && each.started_at !== undefined && each.ended_at !== undefined,
      ),
  ],
  ["when a reply began", hasReply("started_at")],
  ["when a reply ended", hasReply("ended_at")],
  ["times of words", ({ conversation }) => conversation.some(({ words }) => words !== undefined)],
  ["language", ({ conversation }) => conversation.some(({ language }) => language !== undefined)],
  [
    "confidence",
    ({ conversation }) =>
      conversation.some((each) => each.role === "user" && each.confidence !== undefined),
  ],
  ["voice", hasReply("voice")],
  ["the model of the words", hasReply("llm_model")],
  ["the model of the voice", hasReply("model")],
  ["the wait for a reply", ({ metrics }) => metrics.e2e_s !== undefined],
  ["its marks: the final transcript", hasMark("transcript_final")],
  ["the end of the turn", hasMark("turn_committed")],
  ["request and first token of the LLM", hasMark("llm_first_token")],
  ["request and first byte of the TTS", hasMark("tts_first_byte")],
  ["tools, with arguments and results", hasEvent("tool_call")],
  ["how long a tool ran", ({ events }) => events.some(({ data }) => "duration_s" in data)],
  ["handoffs", hasEvent("agent_handoff")],
  ["errors of services", hasEvent("error")],
  ["usage", ({ session }) => session.usage !== undefined],
  ["room and job", ({ session }) => session.room !== undefined && session.job !== undefined],
  ["why the call ended", ({ session }) => session.close_reason !== undefined],
  ["participants", ({ session }) => session.participants !== undefined],
  [
    "levels and gaps of sound",
    ({ conversation }) => conversation.some(({ audio }) => audio?.level_dbfs !== undefined),
  ],
];

function hasReply(key: string): (call: Conversation) => boolean {
  return ({ conversation }) => conversation.some((each) => each.role === "agent" && key in each);
}

function hasMark(mark: LatencyMark): (call: Conversation) => boolean {
  return ({ conversation }) =>
    conversation.some((each) => each.role === "agent" && each.latency?.marks[mark] !== undefined);
}

function hasEvent(type: string): (call: Conversation) => boolean {
  return ({ events }) => events.some((event) => event.type === type);
}

/** The table of what documents of traces hold, as the readers make them of one call of each producer. */
export async function writeFigureTable(): Promise<string> {
  const calls = await Promise.all(
    COLUMNS.map(async ([, trace]) => (await importOne(JSON.stringify(trace))).conversation),
  );
  const rows = FIGURES.map(([figure, isIn]) => [
    figure,
    ...calls.map((call) => (isIn(call) ? "yes" : "–")),
  ]);
  const lines = formatTable(["", ...COLUMNS.map(([heading]) => heading)], rows);
  return `## What a document of a trace holds

TalkTrace's own spans give the whole document. The readers fill this table: "–" means that the document leaves the figure out.

${lines.join("\n")}
`;
}
