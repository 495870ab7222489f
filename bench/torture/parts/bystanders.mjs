import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { openStore } from "../../../dist/src/store/index.js";
import { operationAt, perform } from "./story.mjs";

const LENGTH = 12;
const IDS = ["bystander-complete", "bystander-open"];

export const isBystander = (id) => IDS.includes(id);

/**
 * Puts two conversations of this process into a folder, one complete and one still open, which no
 * fault of any other process may touch.
 */
export async function placeBystanders(directory) {
  const store = openStore({ directory });
  for (const id of IDS) {
    const count = id === "bystander-complete" ? LENGTH : LENGTH - 3;
    for (let index = 0; index < count; index += 1)
      perform(store, id, operationAt(id, index, LENGTH));
  }
  await store.flush();
  const before = readAll(directory);
  return {
    /** What has changed about them; in a copy of the folder too. */
    check(folder = directory) {
      return [...before].flatMap(([name, bytes]) => {
        try {
          return readFileSync(join(folder, name)).equals(bytes) ? [] : [`${name} was changed`];
        } catch (error) {
          return [`${name} of a bystander: ${error.message}`];
        }
      });
    },
    owns: (fileName) => before.has(fileName),
    leave: () => store.shutdown(),
  };
}

function readAll(directory) {
  return new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]));
}
