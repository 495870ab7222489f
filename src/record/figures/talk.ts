import type { Speech } from "./speech.js";

/** Limits that define the figures. */
export const TALK_LIMITS = {
  /** A shorter pause is a wait for the reply, and no silence. */
  silenceS: 2,
  /** Words of the user that do not interrupt are a backchannel, up to this many words and seconds. */
  backchannelWords: 3,
  backchannelS: 1.5,
  /** Two pieces of the agent's speech with a shorter pause between them count as one. */
  pauseS: 0.5,
  /** The precision of word times and voice activity detection. */
  toleranceS: 0.2,
  /** A longer time is an error in the times. */
  longestYieldS: 60,
} as const;

/** A time in which one side was audible, and the first message in it. Epoch milliseconds. */
interface Stretch {
  startMs: number;
  endMs: number;
  first: Speech;
}

/** The user interrupted the agent. `yieldS` is how long the agent went on after the user began to speak. */
export interface Yield {
  agentMessage: string;
  userMessage: string;
  yieldS: number;
}

/** A time in which nobody was audible. */
export interface Silence {
  startMs: number;
  endMs: number;
  /** The messages before and after it. */
  after: string;
  before: string;
}

export interface Monologue {
  role: "user" | "agent";
  /** The message with which it begins. */
  message: string;
  /** How long that side was audible while the other side said at most backchannels. */
  spokenS: number;
}

/** The times from the user's first sound to the agent's last, if both are known. Pure. */
export function findYields(speeches: readonly Speech[]): Yield[] {
  const byId = new Map(speeches.map((speech) => [speech.id, speech]));
  return speeches.flatMap(({ id, interruptedBy, audible }) => {
    const userStartMs = byId.get(interruptedBy ?? "")?.startedMs;
    if (interruptedBy === undefined || audible === undefined || userStartMs === undefined)
      return [];
    const yieldS = (audible.endMs - userStartMs) / 1000;
    const isBelievable = yieldS >= 0 && yieldS <= TALK_LIMITS.longestYieldS;
    return isBelievable ? [{ agentMessage: id, userMessage: interruptedBy, yieldS }] : [];
  });
}

/** Short words of the user while the agent spoke, which did not interrupt it. Pure. */
export function findBackchannels(speeches: readonly Speech[]): Speech[] {
  const { backchannelWords, backchannelS } = TALK_LIMITS;
  const agent = joinStretches(speeches, "agent", TALK_LIMITS.pauseS);
  const causes = new Set(speeches.map(({ interruptedBy }) => interruptedBy));
  return speeches.filter(({ role, audible, id, wordCount }) => {
    if (role !== "user" || audible === undefined || causes.has(id)) return false;
    if (wordCount > backchannelWords || audible.endMs - audible.startMs > backchannelS * 1000)
      return false;
    const spoken = findLast(agent, audible.startMs);
    return spoken !== undefined && audible.endMs <= spoken.endMs;
  });
}

/**
 * Times at which the agent began to speak while the user spoke: the agent's message, and the user's.
 * Pure.
 */
export function findAgentInterruptions(
  speeches: readonly Speech[],
): { agentMessage: string; userMessage: string }[] {
  const toleranceMs = TALK_LIMITS.toleranceS * 1000;
  const user = joinStretches(speeches, "user", 0);
  return joinStretches(speeches, "agent", TALK_LIMITS.pauseS).flatMap(({ startMs, first }) => {
    const spoken = findLast(user, startMs - toleranceMs);
    if (spoken === undefined || startMs >= spoken.endMs - toleranceMs) return [];
    return [{ agentMessage: first.id, userMessage: spoken.first.id }];
  });
}

/** How long both sides were audible at the same time, in seconds. Pure. */
export function measureOverlap(speeches: readonly Speech[]): number {
  const user = joinStretches(speeches, "user", 0);
  const agent = joinStretches(speeches, "agent", 0);
  let overlapMs = 0;
  let at = 0;
  for (const { startMs, endMs } of user) {
    while (at < agent.length && agent[at]!.endMs <= startMs) at += 1;
    for (let next = at; next < agent.length && agent[next]!.startMs < endMs; next += 1) {
      const { startMs: agentStartMs, endMs: agentEndMs } = agent[next]!;
      overlapMs += Math.min(endMs, agentEndMs) - Math.max(startMs, agentStartMs);
    }
  }
  return overlapMs / 1000;
}

/**
 * The times between two messages in which nobody was audible for longer than `longerThanS`. If
 * something was said at an unknown time within it, it may not be silent, so it is left out. Pure.
 */
export function findSilences(
  speeches: readonly Speech[],
  longerThanS: number = TALK_LIMITS.silenceS,
): Silence[] {
  const unlocated = momentsOf(speeches);
  const silences: Silence[] = [];
  let last: Stretch | undefined;
  for (const speech of inOrder(speeches)) {
    const { startMs, endMs } = speech.audible;
    if (last !== undefined && startMs - last.endMs > longerThanS * 1000) {
      const silence = {
        startMs: last.endMs,
        endMs: startMs,
        after: last.first.id,
        before: speech.id,
      };
      const next = unlocated[countUntil(unlocated, (atMs) => atMs < silence.startMs)];
      if (next === undefined || next > silence.endMs) silences.push(silence);
    }
    if (last === undefined || endMs > last.endMs) last = { startMs, endMs, first: speech };
  }
  return silences;
}

/** The longest monologue; the first one if several are equal. Pure. */
export function findLongestMonologue(speeches: readonly Speech[]): Monologue | undefined {
  let longest: Monologue | undefined;
  for (const each of findMonologues(speeches))
    if (longest === undefined || each.spokenS > longest.spokenS) longest = each;
  return longest;
}

/**
 * The times in which one side spoke without the other taking its turn. If the other side said something
 * at an unknown time, that may have been its turn. So a new monologue begins after it. Pure.
 */
export function findMonologues(speeches: readonly Speech[]): Monologue[] {
  const backchannels = new Set(findBackchannels(speeches));
  const unlocated = {
    user: momentsOf(speeches.filter(({ role }) => role === "user")),
    agent: momentsOf(speeches.filter(({ role }) => role === "agent")),
  };
  const found: Monologue[] = [];
  let current: Monologue | undefined;
  let lastMs = -Infinity;
  for (const speech of inOrder(speeches)) {
    if (backchannels.has(speech)) continue;
    const { startMs, endMs } = speech.audible;
    const others = unlocated[speech.role === "user" ? "agent" : "user"];
    const next = others[countUntil(others, (atMs) => atMs <= lastMs)];
    const isParted = next !== undefined && next <= startMs;
    lastMs = startMs;
    const audibleS = (endMs - startMs) / 1000;
    // A reply that was paused and resumed was audible for a shorter time.
    const spokenS = speech.role === "agent" ? Math.min(speech.spokenS, audibleS) : audibleS;
    if (current?.role === speech.role && !isParted) current.spokenS += spokenS;
    else found.push((current = { role: speech.role, message: speech.id, spokenS }));
  }
  return found;
}

type Located = Speech & { audible: NonNullable<Speech["audible"]> };

function inOrder(speeches: readonly Speech[]): Located[] {
  return speeches
    .filter((speech): speech is Located => speech.audible !== undefined)
    .toSorted((a, b) => a.audible.startMs - b.audible.startMs);
}

/**
 * The stretches of one side, in order. Stretches with a pause of at most `pauseS` between them are
 * joined.
 */
function joinStretches(
  speeches: readonly Speech[],
  role: Speech["role"],
  pauseS: number,
): Stretch[] {
  const joined: Stretch[] = [];
  for (const first of inOrder(speeches.filter((speech) => speech.role === role))) {
    const { startMs, endMs } = first.audible;
    const last = joined.at(-1);
    if (last !== undefined && startMs - last.endMs <= pauseS * 1000)
      last.endMs = Math.max(last.endMs, endMs);
    else joined.push({ startMs, endMs, first });
  }
  return joined;
}

/** The times of messages without audible times, in order. */
function momentsOf(speeches: readonly Speech[]): number[] {
  return speeches.flatMap(({ unlocatedMs }) => unlocatedMs ?? []).toSorted((a, b) => a - b);
}

/** The last stretch that began before a moment and had not ended then. */
function findLast(stretches: readonly Stretch[], atMs: number): Stretch | undefined {
  const found = stretches[countUntil(stretches, ({ startMs }) => startMs < atMs) - 1];
  return found !== undefined && found.endMs > atMs ? found : undefined;
}

/** How many items at the beginning of a list fit. All items that fit must come first. */
function countUntil<T>(list: readonly T[], fits: (each: T) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(list[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
