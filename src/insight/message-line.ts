import { type Message, findUnheard, toOneLine } from "../record/index.js";
import { type WaitStage, sumWait } from "./findings/wait-stages.js";

/** One message in the form for a transcript. */
export interface MessageLine {
  /** The number of its turn. */
  turn: string;
  who: "user" | "agent";
  /** On one line, as from `toOneLine()`. The same is true of `unheard`. */
  text: string;
  /** The words that were generated but not heard. */
  unheard: string | undefined;
  /** It is not known yet what was heard of it. */
  isPending: boolean;
  /** How long the caller waited for it, and the longest stage of this wait. */
  wait: { e2e_s: number; longest: { stage: string; duration_s: number } | undefined } | undefined;
}

/**
 * Pure.
 *
 * @param stages the stages of its wait, from `splitWait()`
 */
export function describeMessage(message: Message, stages: readonly WaitStage[]): MessageLine {
  const agent = message.role === "agent" ? message : undefined;
  const latency = agent?.latency;
  const [stage] = sumWait(stages).toSorted((a, b) => b.duration_s - a.duration_s);
  const unheard = agent && findUnheard(agent);
  return {
    turn: message.turn_id.replace("t_", ""),
    who: message.role,
    text: toOneLine(message.content),
    unheard: unheard && toOneLine(unheard),
    isPending: agent?.delivery === "pending",
    wait:
      latency?.e2e_s === undefined
        ? undefined
        : {
            e2e_s: latency.e2e_s,
            longest: stage && {
              stage: stage.name.replaceAll("_", " "),
              duration_s: stage.duration_s,
            },
          },
  };
}
