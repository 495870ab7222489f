import type { voice } from "@livekit/agents";
import type { SpeechService } from "../../../otel/index.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import type { Turn } from "../conversation/turns.js";
import type { TtsNodeListener } from "../instrumentation/agent-nodes.js";
import type { AudioOutputListener } from "../instrumentation/audio-output.js";
import type { LanguageModelListener } from "../instrumentation/llm.js";
import type { RealtimeAnswer } from "../instrumentation/realtime.js";
import type { PrerecordedSpeech } from "../instrumentation/session-methods.js";
import type { TextToSpeechListener } from "../instrumentation/tts.js";
import { createLlmRequests } from "../latency/llm-requests.js";
import { followPrerecordedSpeech, followRealtimeAnswer } from "./audio-without-tts.js";
import { followChatItems } from "./chat-items.js";
import { createOpenSyntheses } from "./open-syntheses.js";
import { createPlaybackListener } from "./playback-listener.js";
import { createTtsListener } from "./tts-listener.js";
import { followTtsNodeRun } from "./tts-node-run.js";

export interface AgentSpeech {
  textToSpeech: TextToSpeechListener;
  audioOutput: AudioOutputListener;
  languageModel: LanguageModelListener;
  /** LiveKit has planned a speech. */
  onSpeechCreated(event: voice.SpeechCreatedEvent): void;
  /**
   * LiveKit has put an answer into the chat. Speech that passed no observed TTS is written now at the
   * latest.
   */
  onChatItem(item: { content: string; createdMs: number; interrupted: boolean }): void;
  /** LiveKit will put the last speech into no chat item (`addToChatCtx: false`). */
  onKeptFromChat(): void;
  /** The agent's own `llmNode` was called. The result is called at its first token. */
  onLlmNode(): () => void;
  /** The agent's own `ttsNode` was called. */
  onTtsNode(): TtsNodeListener;
  /** `say()` was given the audio too. Returns text and audio as they are to be passed on. */
  onPrerecordedSpeech(speech: PrerecordedSpeech): PrerecordedSpeech;
  /** A realtime model begins to answer a turn; `turn` is undefined if LiveKit has not told which. */
  onRealtimeAnswer(describe: () => SpeechService, turn: Turn | undefined): RealtimeAnswer;
  /** The session begins to close. A synthesis given up from now on is `closed`, not `discarded`. */
  beginClosing(): void;
  /** Ends what is still open, at the end of the session. */
  close(): void;
}

export interface AgentSpeechOptions {
  /** The voice to record if the provider does not tell one. */
  voice: string | undefined;
  /** The `source` to record for audio that came from no observed TTS. */
  fallbackSource(): string;
  /** Whether the agent's answers are spoken now, and not only shown as text. */
  isSpoken(): boolean;
  /** Whether LiveKit is closing the session, for any reason. */
  isSessionClosing(): boolean;
}

/** Follows what the agent says: from the text that goes to synthesis to what was heard of it. */
export function followAgentSpeech(
  conversation: ObservedConversation,
  options: AgentSpeechOptions,
): AgentSpeech {
  const { clock, guard, plannedSpeeches } = conversation;
  const requests = createLlmRequests(clock);
  const syntheses = createOpenSyntheses(conversation, requests, options.isSessionClosing);
  const chat = followChatItems(conversation, options);
  const playback = createPlaybackListener({ conversation, syntheses, requests, chat });
  plannedSpeeches.addEndListener(() => {
    syntheses.giveUpOrphans();
    chat.forgetEnded();
  });

  return {
    audioOutput: playback.audioOutput,
    textToSpeech: createTtsListener(conversation, syntheses, options.voice),
    languageModel: { guard, onRequest: requests.onRequest },
    onSpeechCreated({ source, speechHandle }) {
      if (source === "say") requests.onSay();
      plannedSpeeches.onSpeechCreated({ source, speechHandle });
    },
    onChatItem: chat.onItem,
    onKeptFromChat: chat.forget,
    onLlmNode: requests.onLlmNode,
    onTtsNode: () =>
      followTtsNodeRun({
        conversation,
        syntheses,
        onSilence: () => chat.onSilentNode(plannedSpeeches.current()),
      }),
    onPrerecordedSpeech: (speech) =>
      followPrerecordedSpeech(speech, {
        guard,
        begin: () =>
          syntheses.begin({ describe: () => ({ source: "audio_output" }), isPrerecorded: true }),
        end: syntheses.end,
      }),
    onRealtimeAnswer(describe, turn) {
      const { request, onToken, onToolCall } = requests.onRealtimeAnswer();
      return followRealtimeAnswer({
        onToken,
        onToolCall,
        begin: () =>
          syntheses.begin({
            describe,
            isRealtime: true,
            findRequest: () => request,
            ...(turn === undefined ? {} : { findTurn: () => turn }),
          }),
        end: syntheses.end,
        giveUp: syntheses.onClose,
      });
    },
    beginClosing: syntheses.beginClosing,
    close() {
      syntheses.beginClosing();
      playback.close();
      syntheses.close();
    },
  };
}
