import type { AudioFrame } from "@livekit/rtc-node";
import { type Context, context } from "@opentelemetry/api";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import type { PlannedSpeechSet } from "../conversation/planned-speeches.js";
import type { Turn } from "../conversation/turns.js";
import type { TtsNodeListener } from "../instrumentation/agent-nodes.js";
import { type NodeSynthesis, currentContext } from "../instrumentation/call-context.js";
import { SYNTHESIS_KEY, synthesisOf } from "../instrumentation/tts.js";
import type { LiveSynthesis } from "./live-synthesis.js";
import type { OpenSyntheses } from "./open-syntheses.js";

/** Tells the `ttsNode` whose code runs now, if any, that a synthesis has begun. */
export function noteSynthesisInNode(synthesis: NodeSynthesis): void {
  currentContext().ttsNode?.onSynthesis(synthesis);
}

export interface TtsNodeRunOptions {
  conversation: ObservedConversation;
  syntheses: OpenSyntheses;
  /** The node gave no audio for its text. */
  onSilence(): void;
}

/**
 * Follows one run of the agent's own `ttsNode`, to find the synthesis behind each of its frames.
 *
 * - A TTS marks its frames. A node that passes them on keeps the mark.
 * - A node that makes new frames loses the mark. Such a frame belongs to the synthesis that gave the
 *   audio at the same position.
 * - A node that calls no TTS speaks itself.
 * - Unmarked frames before or between a TTS's frames are no speech.
 */
export function followTtsNodeRun(options: TtsNodeRunOptions): TtsNodeListener {
  const { syntheses } = options;
  const nodeContext = context.active();
  /** The syntheses that TTSs have begun for the node. */
  const inner: NodeSynthesis[] = [];
  let text = "";
  let plan: OwnSynthesisPlan | undefined;
  /** The node's own synthesis, until a TTS speaks for it. */
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
      syntheses.forget(own);
      own = undefined;
    },
    onText(more) {
      text += more;
      // The caller waits for the node from its first text on, even if its audio comes much later.
      if (text.trim() !== "") plan ??= planOwnSynthesis(options);
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
        plan ??= planOwnSynthesis(options);
        own ??= beginOwnSynthesis(options, plan, nodeContext, text);
        own.onAudio({ frame });
        return;
      }
      const source = findSource();
      if (source === undefined) return;
      frame.userdata[SYNTHESIS_KEY] = source;
      givenS += frame.samplesPerChannel / frame.sampleRate;
    },
    onEnd() {
      if (own !== undefined) syntheses.end(own);
      if (!hasSound && inner.length === 0) options.onSilence();
    },
  };
}

/** What is known at the node's first text. Only later is it known whether the node speaks itself. */
interface OwnSynthesisPlan {
  firstTextMs: number;
  turn: Turn | undefined;
  planned: PlannedSpeechSet;
}

function planOwnSynthesis({ conversation }: TtsNodeRunOptions): OwnSynthesisPlan {
  const { clock, turns, plannedSpeeches } = conversation;
  return {
    firstTextMs: clock.now(),
    turn: plannedSpeeches.latestTurn() ?? turns.latest(),
    planned: plannedSpeeches.current(),
  };
}

function beginOwnSynthesis(
  { conversation, syntheses }: TtsNodeRunOptions,
  { firstTextMs, turn, planned }: OwnSynthesisPlan,
  nodeContext: Context,
  text: string,
): LiveSynthesis {
  const synthesis = context.with(nodeContext, () =>
    syntheses.begin({
      describe: () => ({ source: "custom_tts" }),
      isTentative: true,
      findTurn: () => turn ?? conversation.turns.forAgent(),
      planned,
    }),
  );
  synthesis.onText(text, firstTextMs);
  return synthesis;
}
