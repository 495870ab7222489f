import type { AgentMessage } from "../../record/index.js";
import { type AudibleTime, type WaitStageSum, splitWait, sumWait } from "./wait-stages.js";

const SMALLEST_SHARE = 0.2;

/** The stages that took at least a fifth of a wait, longest first. Pure. */
export function findCauses(
  message: AgentMessage,
  listSpoken: () => readonly AudibleTime[],
  wait_s: number,
): WaitStageSum[] {
  return sumWait(splitWait(message, listSpoken))
    .filter(({ duration_s }) => duration_s >= SMALLEST_SHARE * wait_s)
    .toSorted((a, b) => b.duration_s - a.duration_s)
    .map(({ name, duration_s }) => ({ name, duration_s: Math.round(duration_s * 1e6) / 1e6 }));
}

/** The longest stage as the end of a sentence, e.g. `: llm took 3.6 s of it`. Pure. */
export function nameCause([longest]: readonly WaitStageSum[]): string {
  if (longest === undefined) return "";
  return `: ${longest.name.replaceAll("_", " ")} took ${longest.duration_s.toFixed(1)} s of it`;
}
