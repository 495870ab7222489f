import { expect, it } from "vitest";
import {
  type FindingMeasurements,
  measureAll,
  renderFindingsPage,
} from "../../support/findings-page.js";

/** Rules that depend on what words mean; they are notes. */
const UNCERTAIN = new Set(["asked_for_human", "stopped_for_backchannel"]);

let measured: FindingMeasurements | undefined;
const measure = (): FindingMeasurements => (measured ??= measureAll());

// `npm run findings:measure` runs this test with `--update`, which writes the page.
it("docs/findings.md has the figures of the rules as they are; `npm run findings:measure` brings it up to date", async () => {
  await expect(renderFindingsPage(measure())).toMatchFileSnapshot("../../../docs/findings.md");
});

it.each(["tuned", "heldOut"] as const)(
  "every rule finds something in the %s calls, with a precision of 0.95, and certain ones with that recall",
  (which) => {
    const { scores, misses } = measure()[which];
    const tooLow = scores.filter(({ rule, hits, falseAlarms, missed }) => {
      const precision = hits / (hits + falseAlarms);
      const recall = UNCERTAIN.has(rule) ? 1 : hits / (hits + missed);
      return !(precision >= 0.95 && recall >= 0.95);
    });
    expect(
      tooLow,
      misses
        .slice(0, 10)
        .map(({ seed, what }) => `${seed}: ${what}`)
        .join("\n"),
    ).toEqual([]);
  },
);
