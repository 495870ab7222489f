import { expect, it } from "vitest";
import { describeSpread } from "../../src/insight/index.js";

it("describeSpread() leaves out percentiles that too few values would make up", () => {
  expect(describeSpread([])).toBeUndefined();
  expect(describeSpread([3, 1, 2])).toEqual({ n: 3, min: 1, p50: 2, max: 3 });
  const twenty = describeSpread(Array.from({ length: 20 }, (_, index) => index));
  expect(twenty).toMatchObject({ n: 20, p95: 18.05 });
  expect(twenty).not.toHaveProperty("p99");
  expect(describeSpread(Array.from({ length: 101 }, (_, index) => index))).toMatchObject({
    p50: 50,
    p95: 95,
    p99: 99,
  });
});
