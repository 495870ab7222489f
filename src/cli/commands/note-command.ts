import { userInfo } from "node:os";
import { InvalidArgumentError, Option } from "commander";
import { findMessageAt } from "../../insight/index.js";
import { type CallNote, type Sidecar, toTimestamp } from "../../record/index.js";
import { changeSidecar } from "../../store/index.js";
import { splitMoment } from "../moment-argument.js";
import { defineCommand } from "../run-command.js";
import { type CallMarks, formatMarks } from "../text/call-marks.js";

interface NoteOptions {
  call: string;
  text: string[];
  by?: string;
  remove?: string;
}

const LONGEST_NOTE = 10_000;

export const noteCommand = defineCommand<NoteOptions, CallMarks>({
  options: [
    new Option("--by <name>", "who notes it (default: the user of this machine)"),
    new Option("--remove <id>", "take a note away, e.g. n_1"),
  ],
  readsSource: true,
  examples: ["talktrace note conversation_20260101_090000@1:12.4 'named the wrong order'"],
  async answer(source, options) {
    const { given, at_s } = splitMoment(options.call);
    const { name, path, conversation } = await source.locate(given);
    const text = options.text.join(" ").trim();
    if (text === "" && options.remove === undefined)
      throw new InvalidArgumentError("A note needs a text, or --remove with the note's id.");
    if (text.length > LONGEST_NOTE)
      throw new InvalidArgumentError(`A note has at most ${LONGEST_NOTE} characters.`);
    const message_id = at_s === undefined ? undefined : findMessageAt(conversation, at_s)?.id;
    const note: Omit<CallNote, "id"> = {
      at: toTimestamp(Date.now()),
      by: options.by ?? nameUser(),
      text,
      ...(message_id !== undefined && { message_id }),
      ...(at_s !== undefined && { at_s }),
    };
    const sidecar = await changeSidecar(path, (before) => {
      const after = removeNote(before, options.remove, name);
      if (text === "") return after;
      return { ...after, notes: [...after.notes, { id: nextId(after), ...note }] };
    });
    return { name, sidecar };
  },
  toText: formatMarks,
});

function removeNote(before: Sidecar, id: string | undefined, name: string): Sidecar {
  if (id === undefined) return before;
  const { notes } = before;
  const kept = notes.filter((note) => note.id !== id);
  if (kept.length < notes.length)
    return { ...before, notes: kept, last_note_number: lastNumber(before) };
  const ids = notes.map((note) => note.id).join(", ");
  throw new Error(
    `Cannot remove note "${id}" of "${name}": ${ids === "" ? "it has no notes" : `it has ${ids}`}`,
  );
}

/** One more than the highest number so far, so that two notes never have the same id. */
function nextId(sidecar: Sidecar): string {
  return `n_${lastNumber(sidecar) + 1}`;
}

/** The highest number that a note has, or that a removed note had. */
function lastNumber({ notes, last_note_number = 0 }: Sidecar): number {
  const numbers = notes.map(({ id }) => Number(/^n_(\d{1,15})$/.exec(id)?.[1] ?? 0));
  return Math.max(last_note_number, ...numbers);
}

function nameUser(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
