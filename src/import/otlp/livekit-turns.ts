import { type Fields, parseJsonText, asFields, listAt, textAt } from "../fields.js";
import { type ReceivedSpan, byStart, findLastBefore, orderOf } from "./received-span.js";

/** A stretch of speech, in milliseconds since 1970. */
export interface Speaking {
  startMs: number;
  endMs: number;
}

/** A turn of the user: LiveKit's `user_turn`, and what is below it. */
export interface UserTurn {
  span: ReceivedSpan;
  /** In the order of time. */
  speakings: Speaking[];
  waits: ReceivedSpan[];
  hooks: ReceivedSpan[];
}

/** One request of the LLM and what was said of its answer, or a `say()`. */
export interface AgentStep {
  llm: ReceivedSpan | undefined;
  ttsNodes: ReceivedSpan[];
  speakings: Speaking[];
  /** The speech to which it belongs, if the SDK told that it was discarded. */
  isDiscarded: boolean;
}

/** A reply: LiveKit's `agent_turn`, and what is below it. */
export interface AgentTurn {
  /** Missing if it never came, or if a `say()` has none. */
  span: ReceivedSpan | undefined;
  startMs: number;
  steps: AgentStep[];
  tools: ReceivedSpan[];
}

/** How far two clocks of one process, and rounding, put the same moment apart. */
const TOLERANCE_MS = 50;
/** The deepest that a span of a turn lies below it. */
const MAX_LEVELS = 12;
const AGENT_TURNS = new Set(["agent_turn", "assistant_turn", "realtime_assistant_turn"]);
const OF_AGENT = new Set(["llm_node", "tts_node", "agent_speaking", "function_tool"]);
const OF_USER = new Set(["user_speaking", "eou_wait", "on_user_turn_completed"]);

/**
 * Spans of a call by their turns. A span whose turn never came belongs to the same turn as others with
 * that parent.
 */
export class LivekitTurns {
  readonly userTurns: UserTurn[];
  readonly agentTurns: AgentTurn[];
  /** All of the user's speech, also that of no turn, by its start. */
  readonly userSpeech: { speaking: Speaking; turn: UserTurn | undefined }[] = [];
  readonly #byId: ReadonlyMap<string, ReceivedSpan>;

  /** @param spans in the order of their starts */
  constructor(spans: readonly ReceivedSpan[]) {
    this.#byId = new Map(spans.map((span) => [span.spanId, span]));
    this.userTurns = spans
      .filter(({ name }) => name === "user_turn")
      .map((span) => ({ span, speakings: [], waits: [], hooks: [] }));
    this.#placeUserSpans(spans.filter(({ name }) => OF_USER.has(name)));
    this.agentTurns = this.#readAgentTurns(spans);
  }

  #placeUserSpans(spans: readonly ReceivedSpan[]): void {
    const byId = new Map(this.userTurns.map((turn) => [turn.span.spanId, turn]));
    for (const span of spans) {
      const owner = this.#ownerOf(span, (name) => name === "user_turn");
      const turn = byId.get(owner ?? "") ?? this.#userTurnAt(span);
      if (span.name === "eou_wait") turn?.waits.push(span);
      else if (span.name === "on_user_turn_completed") turn?.hooks.push(span);
      else {
        const speaking = toSpeaking(span);
        if (speaking === undefined) continue;
        turn?.speakings.push(speaking);
        this.userSpeech.push({ speaking, turn });
      }
    }
    this.userSpeech.sort((a, b) => a.speaking.startMs - b.speaking.startMs);
  }

  /** The turn in whose time a span began. Before 1.6, LiveKit put it beside the turn. */
  #userTurnAt(span: ReceivedSpan): UserTurn | undefined {
    const atMs = orderOf(span);
    const turn = findLastBefore(this.userTurns, atMs + TOLERANCE_MS, (each) => orderOf(each.span));
    return turn !== undefined && (turn.span.endMs ?? 0) + TOLERANCE_MS >= atMs ? turn : undefined;
  }

  #readAgentTurns(spans: readonly ReceivedSpan[]): AgentTurn[] {
    const parts = new Map<string, ReceivedSpan[]>();
    const loose: ReceivedSpan[] = [];
    const turnSpans = spans.filter(({ name }) => AGENT_TURNS.has(name));
    for (const { spanId } of turnSpans) parts.set(spanId, []);
    for (const span of spans) {
      if (!OF_AGENT.has(span.name)) continue;
      const owner = this.#ownerOf(span, (name) => AGENT_TURNS.has(name));
      const parent = this.#byId.get(span.parentSpanId ?? "");
      if (owner !== undefined) parts.get(owner)?.push(span);
      else if (span.name === "agent_speaking" && (!parent || parent.name === "agent_session"))
        loose.push(span);
      else {
        const key = span.parentSpanId ?? span.spanId;
        const known = parts.get(key);
        if (known === undefined) parts.set(key, [span]);
        else known.push(span);
      }
    }
    const turns = [...parts].map(([id, below]) => toAgentTurn(this.#turnSpan(id), below));
    const inOrder = turns.toSorted((a, b) => a.startMs - b.startMs);
    placeLooseSpeech(inOrder, loose);
    return inOrder;
  }

  #turnSpan(id: string): ReceivedSpan | undefined {
    const span = this.#byId.get(id);
    return span !== undefined && AGENT_TURNS.has(span.name) ? span : undefined;
  }

  /** The id of the nearest span above with one of the names. */
  #ownerOf(span: ReceivedSpan, isOwner: (name: string) => boolean): string | undefined {
    let at = span.parentSpanId;
    for (let level = 0; at !== undefined && level < MAX_LEVELS; level += 1) {
      const parent = this.#byId.get(at);
      if (parent === undefined) return undefined;
      if (isOwner(parent.name)) return parent.spanId;
      at = parent.parentSpanId;
    }
    return undefined;
  }
}

function toAgentTurn(span: ReceivedSpan | undefined, below: readonly ReceivedSpan[]): AgentTurn {
  const inOrder = below.toSorted(byStart);
  const llms = inOrder.filter(({ name }) => name === "llm_node");
  const wasDiscarded = createDiscardTest(span);
  const steps: AgentStep[] = llms.map((llm) => ({
    llm,
    ttsNodes: [],
    speakings: [],
    isDiscarded: wasDiscarded(llm),
  }));
  const said: AgentStep[] = [];
  const kept = steps.filter(({ isDiscarded }) => !isDiscarded);
  for (const tts of inOrder.filter(({ name }) => name === "tts_node")) {
    const step = findLastBefore(kept, orderOf(tts) + TOLERANCE_MS, ({ llm }) =>
      llm ? orderOf(llm) : 0,
    );
    if (step === undefined)
      said.push({ llm: undefined, ttsNodes: [tts], speakings: [], isDiscarded: false });
    else step.ttsNodes.push(tts);
  }
  const tools = inOrder.filter(({ name }) => name === "function_tool");
  const speakings = inOrder
    .filter(({ name }) => name === "agent_speaking")
    .flatMap((each) => toSpeaking(each) ?? []);
  const first = span ?? inOrder[0];
  const turn: AgentTurn = {
    span,
    startMs: first === undefined ? 0 : orderOf(first),
    steps: [...said, ...steps],
    tools,
  };
  // A turn without any step is a `say()` of ready audio or, in old versions, of text.
  if (turn.steps.length === 0 && (span !== undefined || speakings.length > 0))
    turn.steps.push({ llm: undefined, ttsNodes: [], speakings: [], isDiscarded: false });
  placeSpeech(turn.steps.filter(isSpoken), speakings);
  return turn;
}

/** Whether a step gave words for the caller. An answer that only called a tool did not. */
export function isSpoken({ llm, ttsNodes, isDiscarded }: AgentStep): boolean {
  if (isDiscarded) return false;
  return llm === undefined || ttsNodes.length > 0 || wordsOf(llm, "response.text") !== "";
}

/** Step n has the n-th speech. If the counts differ, the speech is of the step that began before it. */
function placeSpeech(steps: readonly AgentStep[], speakings: readonly Speaking[]): void {
  for (const [index, speaking] of speakings.entries()) {
    const step =
      steps.length === speakings.length
        ? steps[index]
        : (findLastBefore(steps, speaking.startMs, beginOf) ?? steps[0]);
    step?.speakings.push(speaking);
  }
}

function placeLooseSpeech(turns: readonly AgentTurn[], loose: readonly ReceivedSpan[]): void {
  const steps = turns
    .flatMap((turn) => turn.steps.filter(isSpoken))
    .toSorted((a, b) => beginOf(a) - beginOf(b));
  for (const span of loose) {
    const speaking = toSpeaking(span);
    if (speaking === undefined) continue;
    const step = findLastBefore(steps, speaking.startMs + TOLERANCE_MS, beginOf);
    step?.speakings.push(speaking);
  }
}

function beginOf({ llm, ttsNodes: [tts] }: AgentStep): number {
  const span = tts ?? llm;
  return span === undefined ? 0 : orderOf(span);
}

/**
 * Tests whether an LLM node's answer was discarded. The turn's last `generation` event before the node
 * names its speech, and another event tells which speeches were discarded.
 */
function createDiscardTest(turn: ReceivedSpan | undefined): (llm: ReceivedSpan) => boolean {
  const moments = turn?.moments ?? [];
  const discarded = new Set(
    moments
      .filter(({ name }) => name === "preemptive_generation_discarded")
      .map(({ attributes }) => textAt(attributes, "lk.speech_id")),
  );
  const generations = moments
    .filter(({ name, atMs }) => name === "generation" && atMs !== undefined)
    .toSorted((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
  return (llm) => {
    const generation = findLastBefore(generations, orderOf(llm), ({ atMs }) => atMs ?? 0);
    const id = generation && textAt(generation.attributes, "lk.generation_id");
    return id !== undefined && discarded.has(id.replace(/_\d+$/, ""));
  };
}

/** When a span of speech began and ended. LiveKit 1.2 put the true times into attributes. */
function toSpeaking({ startMs, endMs, attributes }: ReceivedSpan): Speaking | undefined {
  const started = secondsAt(attributes, "lk.start_time") ?? startMs;
  const ended = secondsAt(attributes, "lk.end_time") ?? endMs;
  if (started === undefined || ended === undefined || ended < started) return undefined;
  return { startMs: started, endMs: ended };
}

/** Unix seconds as milliseconds; undefined if there are none. */
function secondsAt(attributes: Fields, key: string): number | undefined {
  const value = attributes[key];
  return typeof value === "number" && value > 1e9 && value < 4e9 ? value * 1000 : undefined;
}

/**
 * Words of an attribute, without spaces around them; empty if there are none. Since 1.7 the name has
 * `pii` in it.
 */
export function wordsOf({ attributes }: ReceivedSpan, name: string): string {
  return (textAt(attributes, `lk.pii.${name}`) ?? textAt(attributes, `lk.${name}`) ?? "").trim();
}

/** The items of the conversation that an LLM node was given. */
export function readHistory({ attributes }: ReceivedSpan): Fields[] {
  const json = textAt(attributes, "lk.pii.chat_ctx") ?? textAt(attributes, "lk.chat_ctx");
  return json === undefined ? [] : listAt(asFields(parseJsonText(json)) ?? {}, "items");
}
