import { type RawTranscript, currentContext } from "../instrumentation/call-context.js";
import { withoutSpaces, lettersAndDigits } from "../text/compare-text.js";
import { type WaitingTranscript, findWords, matchParts } from "../text/match-transcripts.js";

/** The most transcripts that a node joins into one text. */
const MOST_PARTS = 32;

/** Tells the agent's own `sttNode` whose code runs now, if any, that a service gave a transcript. */
export function noteRawTranscript(transcript: RawTranscript): void {
  currentContext().sttNode?.onRawTranscript(transcript);
}

export interface SttNodeRun {
  /** A service has given the node a transcript. */
  onRawTranscript(transcript: RawTranscript): void;
  /** The node passes on a text. Returns false if the text is the node's own and made of no transcript. */
  pass(text: string): boolean;
  /** The node has ended. It passes nothing on any more. */
  end(): void;
}

export interface SttNodeRunOptions {
  /** Whether the words of a transcript are in no turn yet. */
  isOpen(id: string): boolean;
  /** The node has left out a transcript. */
  onDropped(id: string): void;
  /** The node has passed on `latest`. `text` is all that it has made so far of the transcripts `from`. */
  onPassed(from: readonly RawTranscript[], text: string, latest: string): void;
  /** The node has changed some transcripts into `text`; `id` is the last of these transcripts. */
  onChanged(id: string, text: string): void;
}

/**
 * Follows one run of the agent's own `sttNode`: which transcripts go in, and which texts come out. A
 * node may pass on a transcript, change it, leave it out, split it, or join several into one.
 */
export function followSttNodeRun({
  isOpen,
  onDropped,
  onPassed,
  onChanged,
}: SttNodeRunOptions): SttNodeRun {
  const waiting: WaitingTranscript[] = [];
  /** The transcripts that the node has joined, the texts that it made of them, and the last text told. */
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
    // If the text is a beginning of the transcripts, the node's next text may complete it.
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

  /** A node keeps the order. So it has left out the transcripts that wait before a passed one. */
  function dropBefore(index: number, parts: readonly WaitingTranscript[] = []): void {
    for (const raw of waiting.splice(0, index))
      if (!raw.isTouched && !parts.includes(raw)) onDropped(raw.id);
  }

  /** Takes `length` letters out of the waiting transcripts, beginning with the one at `index`. */
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
        dropBefore(found.index);
        passFrom(takeOut(0, found.skipped, words.length), text);
        const done = waiting.findIndex(({ rest }) => rest !== "");
        waiting.splice(0, done < 0 ? waiting.length : done);
        return true;
      }
      // A changed text is made of the last transcript, because a node passes on what it has just
      // received.
      const last = waiting.at(-1);
      if (last === undefined || (last.isTouched && !isOpen(last.id))) return false;
      const latest = waiting.slice(-MOST_PARTS);
      const isWithin = matchParts(text, latest);
      const parts = latest.slice(0, -1).filter((raw) => raw.rest !== "" && isWithin(raw));
      dropBefore(waiting.length - 1, parts);
      passFrom([...parts, last], text);
      return true;
    },
    end() {
      tellChange(true);
      dropBefore(waiting.length);
    },
  };
}
