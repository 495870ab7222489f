import type { voice } from "@livekit/agents";
import type { SpeechService } from "../../../otel/index.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import type { Turn } from "../conversation/turns.js";
import type { TtsNodeListener } from "../instrumentation/agent-nodes.js";
import type { AudioOutputListener } from "../instrumentation/audio-output.js";
import type { LanguageModelListener } from "../instrumentation/llm.js";
import type { RealtimeAnswer } from "../instrumentation/realtime.js";
import type { TextToSpeechListener } from "../instrumentation/tts.js";
import { createLlmRequests } from "../latency/llm-requests.js";
import { type ReadySpeech, followReadyAudio, followRealtimeAnswer } from "./audio-without-tts.js";
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
  /** LiveKit has put an answer into the chat: a last chance for speech that passed no TTS we saw. */
  onChatItem(item: { content: string; createdMs: number; interrupted: boolean }): void;
  /** What was said last stays out of the chat. */
  onKeptFromChat(): void;
  /** The agent's own `llmNode` was called; gives what to call at its first token. */
  onLlmNode(): () => void;
  /** The agent's own `ttsNode` was called. */
  onTtsNode(): TtsNodeListener;
  /** `say()` was given the sound as well; gives both to be passed on. */
  onReadySpeech(speech: ReadySpeech): ReadySpeech;
  /** A realtime model begins to answer a turn; undefined where LiveKit has not told which. */
  onRealtimeAnswer(describe: () => SpeechService, turn: Turn | undefined): RealtimeAnswer;
  /** The session begins to close: what is given up from now on was closed, not discarded. */
  beginClosing(): void;
  /** Ends what is still open, at the end of the session. */
  close(): void;
}

export interface AgentSpeechOptions {
  /** The voice, where the provider keeps it to itself. */
  voice: string | undefined;
  /** The source of sound that came by another way than a TTS we saw. */
  fallbackSource(): string;
  /** Whether what the agent says is spoken, as things stand, and not only shown. */
  isSpoken(): boolean;
  /** Whether LiveKit closes the session, for whatever reason. */
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
    onReadySpeech: (speech) =>
      followReadyAudio(speech, {
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
