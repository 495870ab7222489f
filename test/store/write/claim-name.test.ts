import { basename } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { claimName } from "../../../src/store/write/claim-name.js";
import { DescriptorPool } from "../../../src/store/disk/descriptor-pool.js";
import { runNow } from "../../../src/store/disk/steps.js";
import type { Steps } from "../../../src/store/disk/steps.js";
import { at } from "../support/conversation.js";
import { makeFolder } from "../support/folder.js";
import { NAME } from "../support/make-store.js";

const BEGINNING = { lines: [Buffer.from("{}\n")], document: [Buffer.from("{}")], withText: true };

/** A claim of a name, and how many calls it took. */
function claim(directory: string, seconds: number, last = { first: "", attempt: 0 }) {
  let callCount = 0;
  function* count<T>(steps: Steps<T>): Steps<T> {
    let state = steps.next();
    while (state.done !== true) {
      callCount += 1;
      state = steps.next(yield state.value);
    }
    return state.value;
  }
  const pool = new DescriptorPool(10);
  const claimed = runNow(count(claimName(directory, at(seconds), BEGINNING, pool, last)));
  onTestFinished(() => runNow(claimed.journal.close()));
  return { name: basename(claimed.paths.json, ".json"), callCount };
}

test("the next name of the same second is not looked for from the start", () => {
  const directory = makeFolder();
  const last = { first: "", attempt: 0 };
  const claims = Array.from({ length: 20 }, () => claim(directory, 0, last));
  expect(claims.map(({ name }) => name)).toEqual(
    claims.map((_, n) => (n === 0 ? NAME : `${NAME}_${n + 1}`)),
  );
  expect(new Set(claims.map(({ callCount }) => callCount)).size).toBe(1);
  // Somebody else has some of the names that come next, and another second has names of its own.
  for (let n = 0; n < 3; n += 1) claim(directory, 0);
  expect(claim(directory, 0, last).name).toBe(`${NAME}_24`);
  expect(claim(directory, 1, last).name).toBe(NAME.replace("22", "23"));
  expect(claim(directory, 0, last).name).toBe(`${NAME}_25`);
});
