import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { METRIC, type MetricDefinition } from "../../otel/index.js";
import { LATENCY_MARKS } from "../../src/record/index.js";

const LATENCY_PAGE = readFileSync("docs/latency.md", "utf8");
const METRICS_PAGE = readFileSync("docs/metrics.md", "utf8");
const KINDS: { [kind in MetricDefinition["kind"]]: string } = {
  histogram: "histogram",
  counter: "counter",
  open_counter: "up-down counter",
  observed_counter: "counter",
  observed_gauge: "gauge",
};

/** The cells of each row of a table that begins with a metric's name. */
function metricRows(): string[][] {
  return METRICS_PAGE.split("\n")
    .filter((line) => /^\| `(talktrace|gen_ai)\./.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe("the pages about figures", () => {
  it("docs/metrics.md has every metric with its kind, unit, meaning and attributes", () => {
    const defined = (Object.values(METRIC) as MetricDefinition[]).map((each) => [
      `\`${each.name}\``,
      KINDS[each.kind],
      `\`${each.unit}\``,
      each.description,
      each.attributes.map((key) => `\`${key}\``).join(", "),
    ]);
    expect(metricRows()).toEqual(defined);
  });

  it.each(LATENCY_MARKS)("docs/latency.md defines the mark `%s`", (mark) => {
    expect(LATENCY_PAGE).toContain(`\`${mark}\``);
  });

  it("docs/latency.md shows a picture that is drawn from the recording of the demo", () => {
    const sample = "conversations/sample-parcel-desk.json";
    const drawn = execFileSync(process.execPath, ["scripts/draw-latency.mjs", sample], {
      encoding: "utf8",
    });
    expect(drawn).toBe(readFileSync("docs/pictures/latency.svg", "utf8"));
  });
});
