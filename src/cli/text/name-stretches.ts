import type { TurnStretch } from "../../insight/index.js";

/** The turns of a conversation in words, e.g. `it has turns 1 to 2, 4 to 8`. Pure. */
export function nameStretches(stretches: readonly TurnStretch[]): string {
  const [only, second] = stretches;
  if (only === undefined) return "nothing was said in it yet";
  const named = stretches.map(({ first, last }) =>
    first === last ? first : `${first} to ${last}`,
  );
  const isOne = second === undefined && only.first === only.last;
  return `it has turn${isOne ? "" : "s"} ${named.join(", ")}`;
}
