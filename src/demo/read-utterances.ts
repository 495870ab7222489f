import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readWav, type Sound } from "./read-wav.js";

/** A word of an utterance, in seconds from the start of its sound. */
export interface SpokenWord {
  text: string;
  start_s: number;
  end_s: number;
}

/** An utterance of the demo's caller: its audio, and its transcript. */
export interface Utterance extends Sound {
  id: string;
  /** BCP 47: `en` or `hi`. */
  language: string;
  text: string;
  words: SpokenWord[];
}

type Listed = Omit<Utterance, keyof Sound> & { file: string };

let known: readonly Utterance[] | undefined;

/** Every utterance in `src/demo/audio`, read once. */
export function readUtterances(): readonly Utterance[] {
  known ??= listUtterances();
  return known;
}

/** @throws Error if there is no utterance with that id */
export function findUtterance(id: string): Utterance {
  const found = readUtterances().find((utterance) => utterance.id === id);
  if (!found) throw new Error(`There is no utterance "${id}" in "${audioFolder()}"`);
  return found;
}

function listUtterances(): Utterance[] {
  const folder = audioFolder();
  const listed = JSON.parse(readFileSync(join(folder, "utterances.json"), "utf8")) as Listed[];
  return listed.map(({ file, id, language, text, words }) => ({
    id,
    language,
    text,
    words,
    ...readWav(join(folder, file)),
  }));
}

/** The compiler does not copy audio files, so compiled code reads them from the sources. */
function audioFolder(): string {
  const beside = fileURLToPath(new URL("./audio", import.meta.url));
  if (existsSync(beside)) return beside;
  return fileURLToPath(new URL("../../../src/demo/audio", import.meta.url));
}
