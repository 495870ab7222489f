import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Conversation } from "../record/index.js";
import { listConversations, readConversation, readSidecars } from "../store/index.js";
import { readCalls } from "./call-index/read-calls.js";
import type { ConversationSource } from "./conversation-source.js";
import { compareBeginnings } from "./order-calls.js";

/** How long changes are gathered before `onChange` is called. */
const GATHERING_MS = 50;
/** Some file systems (network, containers) report no changes, so the folder is also read regularly. */
const RESCAN_MS = 2000;

export interface FolderSourceOptions {
  /** Called with a line about a conversation that has a fault but can still be read. */
  onProblem?: ((line: string) => void) | undefined;
}

/** Reads a conversation by the path of its file. Rejects as `readConversation` does. */
export async function readFile(
  path: string,
  { onProblem }: FolderSourceOptions,
): Promise<Conversation> {
  const { conversation, problem } = await readConversation(path);
  if (problem !== undefined)
    onProblem?.(`The newest words of "${path}" may be missing: ${problem}`);
  return conversation;
}

/** A folder to which agents write conversations, including open ones and their journals. */
export function openFolderSource(
  directory: string,
  options: FolderSourceOptions = {},
): ConversationSource {
  return {
    name: directory,
    list: async () =>
      (await listConversations(directory))
        .map(({ name, modifiedAt }) => ({ name, modifiedAt, modifiedMs: modifiedAt.getTime() }))
        .toSorted((a, b) => compareBeginnings(b, a))
        .map(({ name, modifiedAt }) => ({ name, modifiedAt })),
    read: (name) => readFile(join(directory, `${name}.json`), options),
    readCalls: (asked) => readCalls(directory, { ...options, ...asked }),
    readSidecars: () => readSidecars(directory),
    pathOf: (name) => join(directory, `${name}.json`),
    watch: (onChange) => watchFolder(directory, onChange),
  };
}

/**
 * The store replaces whole files by a rename, which a watch on the folder reports. An append to a
 * journal is reported too. It is a change, because `read` also reads the journal.
 */
function watchFolder(directory: string, onChange: () => void): () => void {
  let last = takeState(directory);
  let watcher: FSWatcher | undefined;
  let gathering: NodeJS.Timeout | undefined;
  let isOver = false;

  // One comparison after another, so that each change is told once.
  const compare = (): void => {
    const before = last;
    last = before.then(() => takeState(directory));
    void Promise.all([before, last]).then(([old, now]) => {
      if (old !== now && !isOver) onChange();
    });
  };
  const begin = (): void => {
    try {
      watcher = watch(directory, { persistent: false }, () => {
        gathering ??= setTimeout(() => {
          gathering = undefined;
          compare();
        }, GATHERING_MS);
      });
      // The folder was removed. The rescan finds a new one.
      watcher.on("error", () => {
        watcher?.close();
        watcher = undefined;
      });
    } catch {
      // The folder does not exist yet, or the system has no more watches. The rescan works without a
      // watch.
      watcher = undefined;
    }
  };

  begin();
  const rescan = setInterval(() => {
    if (watcher === undefined) begin();
    compare();
  }, RESCAN_MS);
  return () => {
    isOver = true;
    clearInterval(rescan);
    clearTimeout(gathering);
    watcher?.close();
  };
}

/** A text that differs after any change of a conversation, and stays the same while nothing changes. */
async function takeState(directory: string): Promise<string> {
  const listed = await listConversations(directory).catch(() => []);
  const states = await Promise.all(
    listed.map(async ({ name }) =>
      [
        name,
        await stateOf(join(directory, `${name}.json`)),
        await stateOf(join(directory, `${name}.journal`)),
      ].join(" "),
    ),
  );
  return states.toSorted().join("\n");
}

async function stateOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found === undefined ? "-" : `${found.size}/${found.mtimeNs}/${found.ino}`;
}
