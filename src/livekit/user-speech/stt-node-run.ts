import { currentContext } from "../instrumentation/call-context.js";
import { withoutSpaces, lettersAndDigits } from "../text/compare-text.js";
import {
  type RawTranscript,
  type WaitingTranscript,
  findWords,
  isWithin,
} from "../text/match-transcripts.js";

/** Notes a transcript that a service gives inside an agent's own `sttNode`, if it is inside one. */
export function noteRawTranscript(transcript: RawTranscript): void {
  currentContext().sttNode?.onRawTranscript(transcript);
}

export interface SttNodeRun {
  /** A service has given the node a transcript. */
  onRawTranscript(transcript: RawTranscript): void;
  /** What the node passes on. False where it came from no service: the node's own words. */
  pass(text: string): boolean;
  /** It passes nothing on any more. */
  end(): void;
}

export interface EarsOptions {
  /** Whether the words of a transcript are part of no turn yet. */
  isOpen(id: string): boolean;
  /** The node has left out a transcript. */
  onDropped(id: string): void;
  /** The node has passed on `latest`; in all it has made `text` of the transcripts, in their order. */
  onPassed(from: readonly RawTranscript[], text: string, latest: string): void;
  /** The node's words for some transcripts are others than those; `id` is the last of them. */
  onChanged(id: string, text: string): void;
}

/**
 * Follows one run of an agent's own `sttNode`: what goes in, and what comes out of it. A node may
 * pass a transcript on as it is, change it, leave it out, give it in pieces, or join several to one.
 */
export function followSttNodeRun({
  isOpen,
  onDropped,
  onPassed,
  onChanged,
}: EarsOptions): SttNodeRun {
  const waiting: WaitingTranscript[] = [];
  /** Transcripts that the node mixes with one another, what it made of them, and what was told. */
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
    // What is as it was heard so far may go on.
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

  /** Forgets what stands before a transcript that was passed on. */
  function dropBefore(index: number, isPart: (raw: WaitingTranscript) => boolean): void {
    for (const raw of waiting.splice(0, index))
      if (!raw.isTouched && !isPart(raw)) onDropped(raw.id);
  }

  /** Takes words out of what waits, from the transcript on in which they begin. */
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
      // What was changed is what came last: a node passes on what it has just been given.
      const last = waiting.at(-1);
      if (last === undefined || (last.isTouched && !isOpen(last.id))) return false;
      const isPart = (raw: WaitingTranscript) => raw.rest !== "" && isWithin(raw, text);
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
