import type { Conversation, Message } from "../record/index.js";

/** The messages of one turn, by the turn's number; empty if there is no such turn. Pure. */
export function pickTurn(
  { conversation }: Pick<Conversation, "conversation">,
  turn: number,
): Message[] {
  return conversation.filter(({ turn_id }) => turn_id === `t_${turn}`);
}

/** A series of turns, by the numbers of the first and the last one. */
export interface TurnStretch {
  first: string;
  last: string;
}

/** The turns of a conversation, in order. A turn in which nothing was said leaves a gap. Pure. */
export function nameTurns({
  conversation,
  unspoken,
}: Pick<Conversation, "conversation" | "unspoken">): TurnStretch[] {
  const said = [...conversation, ...unspoken];
  const ids = [...new Set(said.map(({ turn_id }) => turn_id.replace("t_", "")))];
  const stretches: TurnStretch[] = [];
  for (const id of ids.toSorted((a, b) => Number(a) - Number(b))) {
    const before = stretches.at(-1);
    if (before !== undefined && Number(id) === Number(before.last) + 1) before.last = id;
    else stretches.push({ first: id, last: id });
  }
  return stretches;
}
