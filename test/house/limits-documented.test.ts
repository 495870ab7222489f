import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SPAN_NAME_LIMITS } from "../../otel/forward/words-in-names.js";
import { FORWARDER_LIMITS } from "../../otel/forward/forwarder.js";
import { SPOOL_LIMITS } from "../../otel/spool/limits.js";
import { DATA_LIMITS } from "../../src/record/json-data.js";
import { FILE_LIMITS, STORE_LIMITS } from "../../src/store/disk/limits.js";

const SECURITY_PAGE = readFileSync("SECURITY.md", "utf8");
const UNITS: { [unit in string]?: number } = {
  "": 1,
  KiB: 1024,
  MiB: 1024 * 1024,
  ms: 1,
  s: 1000,
  days: 24 * 3_600_000,
};
const ROW = /^\|[^|]+\|\s*([\d,]+) ?(\w*)\s*\|\s*`(\w+\.\w+)`\s*\|/gm;

const documented = Object.fromEntries(
  [...SECURITY_PAGE.matchAll(ROW)].map(([, figure = "", unit = "", name = ""]) => [
    name,
    Number(figure.replaceAll(",", "")) * (UNITS[unit] ?? Number.NaN),
  ]),
);

test("SECURITY.md has every limit of the code with its value", () => {
  const inCode = Object.entries({
    STORE_LIMITS,
    FILE_LIMITS,
    SPOOL_LIMITS,
    FORWARDER_LIMITS,
    DATA_LIMITS,
    SPAN_NAME_LIMITS,
  }).flatMap(([table, limits]) =>
    Object.entries(limits).map(([key, value]) => [`${table}.${key}`, value]),
  );
  expect(documented).toEqual(Object.fromEntries(inCode));
});
