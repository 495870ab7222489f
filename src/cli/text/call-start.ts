import { isUndatedStart } from "../../record/index.js";

/** The day and minute by the recorder's own clock, or that there is no date. Pure. */
export function describeStart(startedAt: string): string {
  return isUndatedStart(startedAt) ? "no date" : startedAt.slice(0, 16).replace("T", " ");
}
