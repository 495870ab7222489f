import { type Conversation, type Message, toOneLine } from "../record/index.js";
import { type Difference, findDifferences } from "./compare-calls.js";
import { type CallSummary, summarizeCall } from "./call-summary.js";
import type { Finding, FindingOptions } from "./findings/index.js";
import { shareOfWords, wordsOf } from "./findings/words.js";

/** Two calls side by side, e.g. of one script before and after a change. */
export interface PairComparison {
  a: PairedCall;
  b: PairedCall;
  differs: Difference[];
  /** In the order of the calls. A turn that only one call has stands alone. */
  turns: PairedTurn[];
}

export interface PairedCall {
  name: string;
  started_at: string;
  duration_s?: number;
  median_wait_s?: number;
  user_messages: number;
  agent_messages: number;
  /** Replies that the caller cut off. */
  interruptions: number;
  findings: Finding[];
}

export interface PairedTurn {
  a?: TurnSide;
  b?: TurnSide;
  /** The wait in `b` minus the wait in `a`, if both are known. */
  wait_difference_s?: number;
}

export interface TurnSide {
  turn: string;
  user: string;
  agent: string;
  /** How long the caller waited for the first reply. */
  wait_s?: number;
}

/** Turns are the same if their users' words have at least this share in common. */
const FEWEST_IN_COMMON = 0.4;
/** The comparison of every turn with every other takes the square of their number. */
const MOST_TURNS = 400;

/** The two calls side by side. `options` are the user's own rules and limits. Pure. */
export function comparePair(
  [nameA, a]: readonly [string, Conversation],
  [nameB, b]: readonly [string, Conversation],
  options?: FindingOptions,
): PairComparison {
  const [summaryA, summaryB] = [summarizeCall(nameA, a, options), summarizeCall(nameB, b, options)];
  return {
    a: describeCall(summaryA),
    b: describeCall(summaryB),
    differs: findDifferences([summaryA], [summaryB]),
    turns: alignTurns(listTurns(a), listTurns(b)),
  };
}

function describeCall(call: CallSummary): PairedCall {
  const { duration_s, median_wait_s } = call;
  return {
    name: call.name,
    started_at: call.started_at,
    ...(duration_s !== undefined && { duration_s }),
    ...(median_wait_s !== undefined && { median_wait_s }),
    user_messages: call.user_messages,
    agent_messages: call.agent_messages,
    interruptions: call.interruptions,
    findings: call.findings,
  };
}

function listTurns({ conversation }: Conversation): TurnSide[] {
  const turns = new Map<string, Message[]>();
  for (const message of conversation) {
    const known = turns.get(message.turn_id);
    if (known === undefined) turns.set(message.turn_id, [message]);
    else known.push(message);
  }
  const join = (messages: readonly Message[], role: Message["role"]): string =>
    toOneLine(
      messages
        .filter((message) => message.role === role)
        .map(({ content }) => content)
        .join(" "),
    );
  return [...turns].map(([id, messages]) => {
    const wait_s = messages
      .map((message) => (message.role === "agent" ? message.latency?.e2e_s : undefined))
      .find((wait) => wait !== undefined);
    return {
      turn: id.replace("t_", ""),
      user: join(messages, "user"),
      agent: join(messages, "agent"),
      ...(wait_s !== undefined && { wait_s }),
    };
  });
}

/** Pairs turns in order, so that the words of paired turns have as much in common as possible. */
function alignTurns(a: readonly TurnSide[], b: readonly TurnSide[]): PairedTurn[] {
  if (a.length > MOST_TURNS || b.length > MOST_TURNS)
    return Array.from({ length: Math.max(a.length, b.length) }, (_, at) => pair(a[at], b[at]));
  const [wordsA, wordsB] = [a, b].map((turns) => turns.map(wordsOfTurn)) as [Words[], Words[]];
  // best[i][j]: the highest sum for the turns from i on in `a`, and from j on in `b`.
  const best = Array.from({ length: a.length + 1 }, () => new Float64Array(b.length + 1));
  const valueOf = (i: number, j: number): number => likeness(wordsA[i]!, wordsB[j]!);
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      best[i]![j] = Math.max(
        best[i + 1]![j]!,
        best[i]![j + 1]!,
        valueOf(i, j) + best[i + 1]![j + 1]!,
      );
  const turns: PairedTurn[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const isPair = i < a.length && j < b.length && valueOf(i, j) > 0;
    if (isPair && best[i]![j] === valueOf(i, j) + best[i + 1]![j + 1]!)
      turns.push(pair(a[i++], b[j++]));
    else if (j >= b.length || (i < a.length && best[i]![j] === best[i + 1]![j]))
      turns.push(pair(a[i++], undefined));
    else turns.push(pair(undefined, b[j++]));
  }
  return turns;
}

type Words = { user: ReadonlySet<string>; agent: ReadonlySet<string> };

function wordsOfTurn({ user, agent }: TurnSide): Words {
  return { user: new Set(wordsOf(user)), agent: new Set(wordsOf(agent)) };
}

/** 0 if two turns are not the same. A greeting has no user's words. */
function likeness(a: Words, b: Words): number {
  if (a.user.size === 0 && b.user.size === 0) return 0.5 + shareOfWords(a.agent, b.agent);
  const share = shareOfWords(a.user, b.user);
  return share >= FEWEST_IN_COMMON ? share : 0;
}

function pair(a: TurnSide | undefined, b: TurnSide | undefined): PairedTurn {
  const isKnown = a?.wait_s !== undefined && b?.wait_s !== undefined;
  return {
    ...(a && { a }),
    ...(b && { b }),
    ...(isKnown && { wait_difference_s: Math.round((b.wait_s! - a.wait_s!) * 1e6) / 1e6 }),
  };
}
