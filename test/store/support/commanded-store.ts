import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { onTestFinished } from "vitest";

import type { ConversationSink } from "../../../src/record/index.js";
import type { ConversationStore, StoreOptions } from "../../../src/store/index.js";
import { ALWAYS_AT_ONCE } from "./make-store.js";

interface Answer {
  result: unknown;
  /** For how long the call blocked the event loop. */
  blockedMs: number;
}

type Sink = Omit<ConversationSink, "flush" | "shutdown">;
type Methods = Sink & Pick<ConversationStore, "flush" | "shutdown" | "pathOf">;

/** One call: a method of the store, or one that the program has beside them. */
export type Command =
  | { [K in keyof Methods]: [K, ...Parameters<Methods[K]>] }[keyof Methods]
  | ["problems" | "files" | "heapBytes" | "openSessions" | "unsynced" | "poolAnswers"]
  | ["takeDescriptors", number];

/** A store in a process of its own, which does what it is told. */
export interface CommandedStore {
  child: ChildProcess;
  tell(command: Command): Promise<Answer>;
  /** Sends all of them at once, and waits for the last answer. */
  tellAll(commands: readonly Command[]): Promise<Answer[]>;
  problems(): Promise<string[]>;
  kill(): Promise<void>;
}

/** Starts one; `prefix` is a program that starts the other, e.g. with fewer descriptors. */
export function startCommandedStore(
  directory: string,
  limits: StoreOptions["limits"] = {},
  prefix: readonly string[] = [],
): CommandedStore {
  const path = fileURLToPath(new URL("commanded-store.mjs", import.meta.url));
  const program = [
    process.execPath,
    "--expose-gc",
    path,
    directory,
    JSON.stringify({ ...ALWAYS_AT_ONCE, ...limits }),
  ];
  const [file, ...args] = [...prefix, ...program] as [string, ...string[]];
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextAnswer = async (): Promise<Answer> => {
    const { value, done } = await answers.next();
    if (done === true) throw new Error("the store's process has ended");
    return JSON.parse(value) as Answer;
  };
  const tellAll = async (commands: readonly Command[]): Promise<Answer[]> => {
    child.stdin.write(`${JSON.stringify(commands)}\n`);
    const given: Answer[] = [];
    while (given.length < commands.length) given.push(await nextAnswer());
    return given;
  };
  const tell = async (command: Command): Promise<Answer> => (await tellAll([command]))[0]!;
  return {
    child,
    tell,
    tellAll,
    problems: async () => (await tell(["problems"])).result as string[],
    async kill() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}
