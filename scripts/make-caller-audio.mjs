/**
 * Speaks each line of src/demo/audio/lines.tsv with flite. Writes the clips, and beside them
 * utterances.json with the word times. Run it through make-caller-audio.sh.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const AUDIO = "src/demo/audio";
const VOICE = "slt";
/** The silence kept before the first and after the last sound, so that neither is cut. */
const MARGIN_S = 0.03;

const work = mkdtempSync(join(tmpdir(), "caller-audio-"));
const lines = readFileSync(join(AUDIO, "lines.tsv"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => line.split("\t"));

const utterances = lines.map(([id, language, spoken, text]) => {
  const parts = spoken.split("|");
  const shown = text.split(" ");
  if (parts.length !== shown.length) {
    throw new Error(`Line "${id}" has ${parts.length} spoken parts for ${shown.length} words`);
  }
  const raw = join(work, "raw.wav");
  const printed = run("flite", ["-voice", VOICE, "-psdur", "-t", parts.join(" "), "-o", raw]);
  const sounds = readSounds(printed);
  const first_s = Math.max(0, sounds[0].start_s - MARGIN_S);
  const end_s = sounds.at(-1).end_s + MARGIN_S;
  const file = `${id}.wav`;
  // -R seeds sox's dither, so the same text makes the same bytes.
  run("sox", [
    "-R",
    raw,
    "-r",
    "16000",
    "-c",
    "1",
    "-b",
    "16",
    join(AUDIO, file),
    "trim",
    `${first_s}`,
    `=${end_s}`,
    "gain",
    "-n",
    "-3",
  ]);
  const words = alignWords(id, parts, sounds).map(({ start_s, end_s: wordEnd_s }, index) => ({
    text: shown[index],
    start_s: round(start_s - first_s),
    end_s: round(wordEnd_s - first_s),
  }));
  return { id, language, text, file, duration_s: round(end_s - first_s), words };
});
rmSync(work, { recursive: true });
writeFileSync(join(AUDIO, "utterances.json"), `${JSON.stringify(utterances, null, 2)}\n`);

function run(command, args) {
  return execFileSync(command, args, { encoding: "utf8" });
}

function round(seconds) {
  return Math.round(seconds * 1000) / 1000;
}

/** flite prints `name:end` for each sound; `pau` is a pause and starts no word. */
function readSounds(printed) {
  let start_s = 0;
  const sounds = [];
  for (const item of printed.trim().split(/\s+/)) {
    const [name, end] = item.split(":");
    if (name !== "pau") sounds.push({ start_s, end_s: Number(end) });
    start_s = Number(end);
  }
  return sounds;
}

/**
 * flite does not print where words begin. But a word read alone has as many sounds as in its
 * sentence, except in rare contractions, which are refused.
 */
function alignWords(id, parts, sounds) {
  let next = 0;
  const words = parts.map((part) => {
    const alone = run("flite", [
      "-voice",
      VOICE,
      "-ps",
      "-t",
      `${part} `,
      "-o",
      join(work, "word.wav"),
    ]);
    const count = alone
      .trim()
      .split(/\s+/)
      .filter((name) => name !== "pau").length;
    const own = sounds.slice(next, next + count);
    next += count;
    return { start_s: own[0]?.start_s, end_s: own.at(-1)?.end_s };
  });
  if (next !== sounds.length) {
    throw new Error(
      `Line "${id}" has ${sounds.length} sounds, but its words read alone have ${next}`,
    );
  }
  return words;
}
