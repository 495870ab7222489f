import { currentContext } from "../instrumentation/call-context.js";
import { withoutSpaces, lettersAndDigits } from "../text/compare-text.js";
import {
  type RawTranscript,
  type WaitingTranscript,
  findWords,
  matchParts,
} from "../text/match-transcripts.js";

/** A node joins no more transcripts than this into one text. */
const MOST_PARTS = 32;

/** Notes a transcript that a service gives inside an agent's own `sttNode`, if it is inside one. */
export function noteRawTranscript(transcript: RawTranscript): void {
  currentContext().sttNode?.onRawTranscript(transcript);
}

export interface SttNodeRun {
  /** A service has given the node a transcript. */
  onRawTranscript(transcript: RawTranscript): void;
  /** The node passes on a text. False where it is the node's own, made of no transcript. */
  pass(text: string): boolean;
  /** The node has ended: it passes nothing on any more. */
  end(): void;
}

export interface SttNodeRunOptions {
  /** Whether no turn has taken the words of a transcript yet. */
  isOpen(id: string): boolean;
  /** The node has left out a transcript. */
  onDropped(id: string): void;
  /** The node has passed on `latest`. So far it has made `text` of the transcripts `from`. */
  onPassed(from: readonly RawTranscript[], text: string, latest: string): void;
  /** The node has changed the words of some transcripts into `text`; `id` is the last of them. */
  onChanged(id: string, text: string): void;
}

/**
 * Follows one run of an agent's own `sttNode`: which transcripts go in, and which come out. A node
 * may pass on a transcript, change it, leave it out, split it, or join several into one.
 */
export function followSttNodeRun({
  isOpen,
  onDropped,
  onPassed,
  onChanged,
}: SttNodeRunOptions): SttNodeRun {
  const waiting: WaitingTranscript[] = [];
  /** Transcripts that the node has joined, the texts it made of them, and the text told last. */
  let mixed: { from: WaitingTranscript[]; given: string[]; told?: string } = {
    from: [],
    given: [],
  };

  function tellChange(isOver: boolean): void {
    const { from, given, told } = mixed;
    const last = from.at(-1);
    const text = given.join(" ");
    if (last === undefined || text === told) return;
    const [heard, taken] = [
      withoutSpaces(from.map((raw) => raw.text).join("")),
      withoutSpaces(text),
    ];
    // A text that begins like the transcripts may be continued by the node's next one.
    if (taken === heard || (!isOver && heard.startsWith(taken))) return;
    mixed.told = text;
    onChanged(last.id, text);
  }

  function passFrom(from: WaitingTranscript[], text: string): void {
    if (!from.some((raw) => mixed.from.includes(raw))) {
      tellChange(true);
      mixed = { from: [], given: [] };
    }
    for (const raw of from) {
      raw.isTouched = true;
      if (!mixed.from.includes(raw)) mixed.from.push(raw);
    }
    mixed.given.push(text);
    onPassed(mixed.from, mixed.given.join(" "), text);
    tellChange(false);
  }

  /** The node keeps the order, so it has left out what waits before a passed transcript. */
  function dropBefore(index: number, isPart: (raw: WaitingTranscript) => boolean): void {
    for (const raw of waiting.splice(0, index))
      if (!raw.isTouched && !isPart(raw)) onDropped(raw.id);
  }

  /** Takes `length` letters from the waiting transcripts, from the one at `index` on. */
  function takeOut(index: number, skipped: number, length: number): WaitingTranscript[] {
    const taken: WaitingTranscript[] = [];
    let missing = length;
    for (const raw of waiting.slice(index)) {
      if (missing === 0) break;
      const here = raw.rest.slice(taken.length === 0 ? skipped : 0);
      raw.rest = here.slice(missing);
      missing = Math.max(missing - here.length, 0);
      taken.push(raw);
    }
    return taken;
  }

  return {
    onRawTranscript({ id, text }) {
      waiting.push({ id, text, rest: lettersAndDigits(text), isTouched: false });
    },
    pass(text) {
      const words = lettersAndDigits(text);
      const found = words === "" ? undefined : findWords(waiting, words);
      if (found !== undefined) {
        dropBefore(found.index, () => false);
        passFrom(takeOut(0, found.skipped, words.length), text);
        const done = waiting.findIndex(({ rest }) => rest !== "");
        waiting.splice(0, done < 0 ? waiting.length : done);
        return true;
      }
      // A changed text is made of the last transcript, because a node passes on what it just got.
      const last = waiting.at(-1);
      if (last === undefined || (last.isTouched && !isOpen(last.id))) return false;
      const isWithin = matchParts(text);
      const recent = new Set(waiting.slice(-MOST_PARTS));
      const isPart = (raw: WaitingTranscript) =>
        raw.rest !== "" && recent.has(raw) && isWithin(raw);
      const parts = waiting.slice(0, -1).filter(isPart);
      dropBefore(waiting.length - 1, isPart);
      passFrom([...parts, last], text);
      return true;
    },
    end() {
      tellChange(true);
      dropBefore(waiting.length, () => false);
    },
  };
}
