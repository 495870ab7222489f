import { durationAt, numberAt, textAt } from "../fields.js";
import { type ReceivedSpan, byStart, orderOf, groupBy } from "./received-span.js";

/** What one request of the TTS, or several of one answer, gave the caller to hear. */
export interface PipecatReply {
  /** The LLM requests since the reply before; the last one wrote the text. */
  llms: ReceivedSpan[];
  /** One, or in old versions one a sentence. */
  tts: ReceivedSpan[];
  text: string;
}

export interface PipecatTurn {
  /** Missing if it never came. */
  span: ReceivedSpan | undefined;
  id: string;
  startMs: number;
  stts: ReceivedSpan[];
  llms: ReceivedSpan[];
  replies: PipecatReply[];
}

/** The turns of a call. Spans whose turn never came belong together if they have one parent. */
export function readTurns(spans: readonly ReceivedSpan[]): PipecatTurn[] {
  const byId = new Map(
    spans.filter(({ name }) => name === "turn").map((span) => [span.spanId, span]),
  );
  const parts = groupBy(
    spans.filter(({ name }) => name === "stt" || name === "llm" || name === "tts"),
    ({ parentSpanId = "" }) => parentSpanId,
  );
  const ids = new Set([...byId.keys(), ...parts.keys()]);
  return [...ids]
    .map((id) => toTurn(id, byId.get(id), (parts.get(id) ?? []).toSorted(byStart)))
    .toSorted(inOrder);
}

/** Turns are numbered. Where a number is missing, the times tell. */
function inOrder(a: PipecatTurn, b: PipecatTurn): number {
  const [one, other] = [numberOf(a), numberOf(b)];
  if (one !== undefined && other !== undefined && one !== other) return one - other;
  return a.startMs - b.startMs;
}

function numberOf({ span }: PipecatTurn): number | undefined {
  return span && numberAt(span.attributes, "turn.number");
}

function toTurn(
  id: string,
  span: ReceivedSpan | undefined,
  below: readonly ReceivedSpan[],
): PipecatTurn {
  const first = below[0] ?? span;
  const turn: PipecatTurn = {
    span,
    id,
    startMs: first === undefined ? 0 : orderOf(first),
    stts: [],
    llms: [],
    replies: [],
  };
  let llms: ReceivedSpan[] = [];
  let answer: { rest: string; reply: PipecatReply } | undefined;
  for (const each of below) {
    if (each.name === "stt") turn.stts.push(each);
    else if (each.name === "llm") {
      turn.llms.push(each);
      llms.push(each);
      answer = undefined;
    } else {
      const text = textAt(each.attributes, "text")?.trim() ?? "";
      if (answer !== undefined && text !== "" && answer.rest.trimStart().startsWith(text)) {
        // Old versions synthesise an answer sentence by sentence.
        answer.reply.tts.push(each);
        answer.reply.text = `${answer.reply.text} ${text}`;
        answer.rest = cutOff(answer.rest, text);
        continue;
      }
      const reply: PipecatReply = { llms, tts: [each], text };
      turn.replies.push(reply);
      const output = textAt(llms.at(-1)?.attributes ?? {}, "output") ?? "";
      answer = { rest: cutOff(output, text), reply };
      llms = [];
    }
  }
  return turn;
}

/** The rest of a text behind its beginning; empty if it does not begin so. */
function cutOff(text: string, beginning: string): string {
  const rest = text.trimStart();
  return rest.startsWith(beginning) ? rest.slice(beginning.length) : "";
}

/** When the user stopped speaking; undefined if no span tells. The TTFB of an STT counts from there. */
export function speechEndOf(stt: ReceivedSpan): number | undefined {
  const ttfbS = durationAt(stt.attributes, "metrics.ttfb");
  if (stt.endMs === undefined || stt.startMs === undefined || !ttfbS) return undefined;
  const endMs = stt.endMs - ttfbS * 1000;
  // In old versions the span does not cover the speech, only the handling of the transcript.
  return endMs > stt.startMs ? endMs : undefined;
}
