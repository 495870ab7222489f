import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test, vi } from "vitest";

import { openStore, recoverConversations } from "../../src/store/index.js";
import { idsOf, readPublished, sessionStart, userSays } from "./support/conversation.js";
import { makeFolder } from "./support/folder.js";
import { ALWAYS_AT_ONCE, NAME } from "./support/make-store.js";

/** What reading a file whose path ends with `ending` says once; `read` where it is open already. */
interface Fault {
  ending: string;
  code: string;
  when: "open" | "stat" | "read" | "close";
}
const faults: Fault[] = [];

function failOnce(when: Fault["when"], path: unknown): void {
  const at = faults.findIndex((each) => each.when === when && String(path).endsWith(each.ending));
  const [fault] = at === -1 ? [] : faults.splice(at, 1);
  if (fault !== undefined) {
    throw Object.assign(new Error(`${fault.code}: the disk is moody, ${when}`), fault);
  }
}

// A disk that fails once cannot be had without tracing the process, which most systems forbid.
vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs/promises")>();
  return {
    ...real,
    async open(...args: Parameters<typeof real.open>) {
      const [path] = args;
      failOnce("open", path);
      const handle = await real.open(...args);
      const { stat, readFile, close } = handle;
      return Object.assign(handle, {
        async stat() {
          failOnce("stat", path);
          return stat.call(handle);
        },
        async readFile() {
          failOnce("read", path);
          return readFile.call(handle);
        },
        async close() {
          await close.call(handle);
          failOnce("close", path);
        },
      });
    },
  };
});

/** A folder with the journal of a session that nobody writes any more, and its document. */
async function leaveSession(): Promise<{ directory: string; json: string; journal: string }> {
  const directory = makeFolder();
  const store = openStore({ directory, limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  store.add("s1", userSays(2, "are you there"));
  await store.shutdown();
  const json = join(directory, `${NAME}.json`);
  return { directory, json, journal: join(directory, `${NAME}.journal`) };
}

for (const when of ["open", "stat", "read", "close"] as const) {
  for (const code of ["EIO", "EMFILE", "EINTR"]) {
    test(`a document of which ${when} says ${code} once is not taken for somebody else's`, async () => {
      const { directory, json, journal } = await leaveSession();
      const problems: string[] = [];
      const onProblem = (line: string): void => void problems.push(line);
      faults.push({ ending: `${NAME}.json`, code, when });
      const published = readFileSync(json);
      expect(await recoverConversations(directory, { onProblem })).toMatchObject([
        { outcome: "failed" },
      ]);
      expect(faults).toEqual([]);
      expect(problems[0]).toMatch(/stays for the next recovery$/);
      expect(readFileSync(json)).toEqual(published);
      expect(readFileSync(journal, "utf8")).toContain("are you there");
      expect(await recoverConversations(directory, { onProblem })).toMatchObject([
        { outcome: "recovered", messages: 2 },
      ]);
      expect(readdirSync(directory)).toEqual([`${NAME}.json`]);
      expect(idsOf(readPublished(json))).toEqual(["m_1", "m_2"]);
    });
  }
}
