import type { AudioFrame } from "@livekit/rtc-node";
import type { TtsNodeListener } from "../instrumentation/agent-nodes.js";
import { type NodeSynthesis, currentContext } from "../instrumentation/call-context.js";
import type { LiveSynthesis } from "./live-synthesis.js";
import { SYNTHESIS_KEY, synthesisOf } from "../instrumentation/tts.js";

/** Tells the `ttsNode` whose code runs now, if one does, of a synthesis that has begun. */
export function noteSynthesisInNode(synthesis: NodeSynthesis): void {
  currentContext().ttsNode?.onSynthesis(synthesis);
}

export interface TtsNodeRunOptions {
  /**
   * The node has got its first text, or gives sound without any. Gives what begins a synthesis of
   * the node's own with the text so far, should it turn out to call no TTS.
   */
  plan(): (text: string) => LiveSynthesis;
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
export function followTtsNodeRun(options: TtsNodeRunOptions): TtsNodeListener {
  const inner: NodeSynthesis[] = [];
  let text = "";
  let begin: ((text: string) => LiveSynthesis) | undefined;
  let own: LiveSynthesis | undefined;
  let hasMarks = false;
  let hasSound = false;
  let givenS = 0;

  function findSource(): NodeSynthesis | undefined {
    let endS = 0;
    const speaking = inner.filter(({ audioS }) => audioS > 0);
    for (const synthesis of speaking) {
      endS += synthesis.audioS;
      if (givenS < endS || !synthesis.isEnded()) return synthesis;
    }
    return speaking.at(-1);
  }

  return {
    onSynthesis(synthesis) {
      inner.push(synthesis);
      if (own === undefined) return;
      options.forget(own);
      own = undefined;
    },
    onText(more) {
      text += more;
      // What the node does with it from now on is waited for, whenever its sound comes.
      if (text.trim() !== "") begin ??= options.plan();
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
        begin ??= options.plan();
        own ??= begin(text);
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
