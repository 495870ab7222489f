import {
  type Conversation,
  findAgentInterruptions,
  findBackchannels,
  findYields,
  toSpeech,
} from "../record/index.js";

/**
 * Facts about a message that follow from the times of both sides:
 *
 * - `backchannel`: the user's words let the agent go on.
 * - `cut_in`: the agent began to speak while the user spoke.
 * - `yield`: the user interrupted the agent, which stopped `yield_s` seconds after the user began.
 */
export type Aside =
  | { kind: "backchannel" }
  | { kind: "cut_in" }
  | { kind: "yield"; yield_s: number };

/** The asides of each message that has any, by message id. Pure. */
export function findAsides({
  conversation,
}: Pick<Conversation, "conversation">): Map<string, Aside[]> {
  const speeches = conversation.map(toSpeech);
  const asides = new Map<string, Aside[]>();
  const add = (id: string, aside: Aside): void => {
    const known = asides.get(id);
    if (known === undefined) asides.set(id, [aside]);
    else known.push(aside);
  };
  for (const { id } of findBackchannels(speeches)) add(id, { kind: "backchannel" });
  for (const { agentMessage } of findAgentInterruptions(speeches))
    add(agentMessage, { kind: "cut_in" });
  for (const { agentMessage, yieldS } of findYields(speeches))
    add(agentMessage, { kind: "yield", yield_s: yieldS });
  return asides;
}
