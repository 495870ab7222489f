import pc from "picocolors";
import { type FoundCall, formatMoment } from "../../insight/index.js";

/**
 * Hits as lines, each with the name and moment that `show` takes. A call without hits in words has one
 * line. Pure.
 */
export function formatHits(calls: readonly FoundCall[]): string {
  return calls
    .flatMap(({ name, hits }) =>
      hits.length === 0
        ? [name]
        : hits.map(({ role, content, generated, at_s }) => {
            const place = at_s === undefined ? name : `${name}@${formatMoment(at_s)}`;
            const who = role === "user" ? pc.yellow("user ") : pc.cyan("agent");
            return `${place}  ${who} ${generated ?? content}`;
          }),
    )
    .join("\n");
}
