import { expect, it } from "vitest";
import { copyJsonObject } from "../../src/record/json-data.js";

it.each([20_000, 3_000_000, 4_294_967_295])(
  "a list of %i holes is refused by its length, before it is copied",
  (length) => {
    const list: unknown[] = [];
    list.length = length;
    expect(() => copyJsonObject({ list })).toThrow("it has over 16384 values");
  },
);

it("a list that is shared many times is refused before it is copied as often", () => {
  let data: unknown = [1, 2, 3, 4, 5, 6, 7, 8];
  for (let depth = 0; depth < 12; depth += 1) data = [data, data, data, data];
  expect(() => copyJsonObject({ data })).toThrow(TypeError);
});
