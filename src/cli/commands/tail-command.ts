import { Option } from "commander";
import { viewConversation, viewMessages } from "../../insight/index.js";
import type { Conversation } from "../../record/index.js";
import { messageOf } from "../../platform/message-of.js";
import { isPath } from "../../source/index.js";
import { isLeftBehind } from "../../store/index.js";
import { watchChanges } from "../watch-changes.js";
import { type CommandRun, type CommandSource, defineCommand } from "../run-command.js";
import { type TailedEnd, type TailedMessage, formatTailed } from "../text/tailed-call.js";

interface TailOptions {
  call?: string;
  next?: boolean;
}

export const tailCommand = defineCommand<TailOptions, { calls: TailedEnd[] }>({
  options: [
    new Option("--next", "wait for a call where none is open, and go on to the next after its end"),
  ],
  readsSource: true,
  exitCodes: { 0: "the call has ended", 1: "no call is open, or its process died" },
  examples: ["talktrace tail --next"],
  async answer(source, { call, next }, run) {
    const changes = watchChanges(source);
    const calls: TailedEnd[] = [];
    const over = new Set<string>();
    try {
      for (let named = call; ; named = undefined) {
        let found = named === undefined ? await findOpen(source, over) : { name: named };
        while (found.name === undefined) {
          if (next !== true) throw new Error(describeNone(source.name, found.error));
          await changes.next();
          found = await findOpen(source, over);
        }
        const { name } = found;
        const end = await follow(source, name, run, changes.next);
        calls.push(end);
        over.add(end.call);
        if (end.status === "left behind") run.setExitCode(1);
        if (next !== true) return { calls };
      }
    } finally {
      changes.stop();
    }
  },
  // Everything was written when it came.
  toText: () => "",
});

/** The newest open call; without one, why the newest call that cannot be read cannot be read. */
async function findOpen(
  source: CommandSource,
  over: ReadonlySet<string>,
): Promise<{ name?: string; error?: Error }> {
  let firstError: Error | undefined;
  for await (const { name, call, error } of source.readCalls()) {
    firstError ??= error;
    if (call?.status !== "open" || over.has(name)) continue;
    const path = source.pathOf?.(name);
    if (path === undefined || !(await isLeftBehind(path))) return { name };
  }
  return firstError === undefined ? {} : { error: firstError };
}

function describeNone(source: string, error: Error | undefined): string {
  if (error === undefined)
    return `No call is open in "${source}"; --next waits for one, and \`talktrace show\` shows the newest`;
  return `No call that can be read is open in "${source}". ${messageOf(error)}`;
}

/** Writes each new part until the call is over. Resolves to how it ended. */
async function follow(
  source: CommandSource,
  name: string,
  run: CommandRun,
  nextChange: () => Promise<void>,
): Promise<TailedEnd> {
  const written = new Set<string>();
  for (;;) {
    const { conversation } = await source.readNamed(name);
    const isOver = conversation.session.status !== "open";
    for (const part of listNew(name, conversation, written, isOver)) run.emit(part, formatTailed);
    const path = isPath(name) ? name : source.pathOf?.(name);
    const isDead = !isOver && path !== undefined && (await isLeftBehind(path));
    if (isOver || (isDead && (await isStillOpen(source, name)))) {
      const end = describeEnd(name, conversation, source.config, isDead);
      run.emit(end, formatTailed);
      return end;
    }
    await nextChange();
  }
}

/** A journal is removed when its call ends, so the call is read once more. */
async function isStillOpen(source: CommandSource, name: string): Promise<boolean> {
  return (await source.readNamed(name)).conversation.session.status === "open";
}

function listNew(
  call: string,
  conversation: Conversation,
  written: Set<string>,
  isOver: boolean,
): TailedMessage[] {
  const viewed = new Map(viewMessages(conversation).map((message) => [message.id, message]));
  return conversation.conversation.flatMap((message): TailedMessage[] => {
    const isSettled = message.role === "user" || message.delivery !== "pending" || isOver;
    const view = viewed.get(message.id);
    if (written.has(message.id) || !isSettled || view === undefined) return [];
    written.add(message.id);
    return [{ call, message, view }];
  });
}

function describeEnd(
  call: string,
  conversation: Conversation,
  config: CommandSource["config"],
  isDead: boolean,
): TailedEnd {
  const { session } = conversation;
  const { findings, summary } = viewConversation(conversation, undefined, config);
  return {
    call,
    status: isDead ? "left behind" : session.status,
    ...(session.close_reason !== undefined && { close_reason: session.close_reason }),
    ...(summary.figures.duration_s !== undefined && { duration_s: summary.figures.duration_s }),
    findings,
  };
}
