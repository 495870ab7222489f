import type { ModelUsage } from "../../record/index.js";

type UsageCount =
  | "input_tokens"
  | "cached_input_tokens"
  | "output_tokens"
  | "characters"
  | "audio_s";

/** Adds up what each model was used for. */
export class UsageSums {
  readonly #sums = new Map<string, ModelUsage>();

  /** The function that adds to one model's counts; an unknown value adds nothing. */
  of(
    kind: ModelUsage["kind"],
    provider: string,
    model: string,
  ): (count: UsageCount, value: number | undefined) => void {
    const key = JSON.stringify([kind, provider, model]);
    const sum = this.#sums.get(key) ?? { kind, provider, model };
    this.#sums.set(key, sum);
    return (count, value) => {
      if (value !== undefined) sum[count] = (sum[count] ?? 0) + value;
    };
  }

  list(): ModelUsage[] {
    return [...this.#sums.values()];
  }
}
