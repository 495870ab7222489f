import { array, assert, double, integer, oneof, property } from "fast-check";
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

it("describeSpread() gives for any values what sorting them would give", () => {
  const valueOf = (sorted: readonly number[], share: number): number => {
    const rank = share * (sorted.length - 1);
    const [below, above] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
    return below + (above - below) * (rank - Math.floor(rank));
  };
  const close = (value: number): unknown => expect.closeTo(value, 5);
  const value = oneof(integer({ min: 0, max: 5 }), double({ min: 0, max: 60, noNaN: true }));
  assert(
    property(array(value, { minLength: 1, maxLength: 400 }), (values) => {
      const sorted = values.toSorted((a, b) => a - b);
      const spread = describeSpread(values);
      expect(spread?.min).toBeCloseTo(sorted[0]!, 5);
      expect(spread?.max).toBeCloseTo(sorted.at(-1)!, 5);
      expect(spread?.p50).toBeCloseTo(valueOf(sorted, 0.5), 5);
      expect([spread?.p95, spread?.p99]).toEqual([
        values.length < 20 ? undefined : close(valueOf(sorted, 0.95)),
        values.length < 100 ? undefined : close(valueOf(sorted, 0.99)),
      ]);
    }),
  );
});
