import { AsyncLocalStorage } from "node:async_hooks";
import type { AudioFrame } from "@livekit/rtc-node";
import type { SpeechNode } from "./agent-code.js";
import type { LiveSynthesis } from "./live-synthesis.js";
import { SYNTHESIS_KEY, synthesisOf } from "./text-to-speech.js";

/** The run of an agent's `ttsNode` whose code runs now, and what a TTS has begun to speak for it. */
const currentNode = new AsyncLocalStorage<{ onSynthesis(synthesis: LiveSynthesis): void }>();

/** Tells the `ttsNode` whose code runs now, if one does, of a synthesis that has begun. */
export function tellSpeechNode(synthesis: LiveSynthesis): void {
  currentNode.getStore()?.onSynthesis(synthesis);
}

export interface SpeechNodeOptions {
  /** Begins the synthesis of a node that calls no TTS. */
  begin(): LiveSynthesis;
  /** It was none after all: a TTS speaks. */
  forget(synthesis: LiveSynthesis): void;
  /** The node's own synthesis has given all that it will. */
  end(synthesis: LiveSynthesis): void;
  /** The node has given no sound for its text. */
  onSilence(): void;
}

/**
 * Follows an agent's own `ttsNode`, to tell which synthesis each of its frames carries.
 *
 * Frames of a TTS keep their mark when they are passed on as they are. A node that makes new ones of
 * them loses it: then they belong to the synthesis that has given the audio at their place. A node
 * that calls no TTS is the speaker itself. Sound before or between a TTS's frames is no speech.
 */
export function createSpeechNode(options: SpeechNodeOptions): SpeechNode {
  const inner: LiveSynthesis[] = [];
  let text = "";
  let own: LiveSynthesis | undefined;
  let hasMarks = false;
  let hasSound = false;
  let givenS = 0;

  function findSource(): LiveSynthesis | undefined {
    let endS = 0;
    const speaking = inner.filter(({ audioS }) => audioS > 0);
    for (const synthesis of speaking) {
      endS += synthesis.audioS;
      if (givenS < endS || !synthesis.isEnded()) return synthesis;
    }
    return speaking.at(-1);
  }

  const node = {
    onSynthesis(synthesis: LiveSynthesis) {
      inner.push(synthesis);
      if (own === undefined) return;
      options.forget(own);
      own = undefined;
    },
  };
  return {
    run: (work) => currentNode.run(node, work),
    onText(more) {
      text += more;
      own?.onText(more);
    },
    onFrame(frame: AudioFrame) {
      hasSound = true;
      if (synthesisOf(frame) !== undefined) {
        hasMarks = true;
        return;
      }
      if (hasMarks) return;
      if (inner.length === 0) {
        if (own === undefined) {
          own = options.begin();
          own.onText(text);
        }
        own.onAudio({ frame });
        return;
      }
      const source = findSource();
      if (source === undefined) return;
      frame.userdata[SYNTHESIS_KEY] = source;
      givenS += frame.samplesPerChannel / frame.sampleRate;
    },
    onEnd() {
      if (own !== undefined) options.end(own);
      if (!hasSound && inner.length === 0) options.onSilence();
    },
  };
}
