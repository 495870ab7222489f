import { ReadableStream } from "node:stream/web";
import { llm } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";

/** Seconds of audio for each character of text. */
const SECONDS_PER_CHARACTER = 0.05;

/** A realtime model that hears and answers what the test says, with turns found by its server. */
export class FakeRealtime extends llm.RealtimeModel {
  readonly #sessions: FakeRealtimeSession[] = [];

  constructor(capabilities: Partial<llm.RealtimeCapabilities> = {}) {
    super({
      messageTruncation: true,
      turnDetection: true,
      userTranscription: true,
      autoToolReplyGeneration: false,
      audioOutput: true,
      manualFunctionCalls: true,
      ...capabilities,
    });
  }

  override get model(): string {
    return "parley-1";
  }

  override get provider(): string {
    return "Acme";
  }

  override session(): FakeRealtimeSession {
    const session = new FakeRealtimeSession(this);
    this.#sessions.push(session);
    return session;
  }

  /** The session that LiveKit has opened last. */
  get current(): FakeRealtimeSession {
    const session = this.#sessions.at(-1);
    if (session === undefined) throw new Error("LiveKit has opened no realtime session");
    return session;
  }

  override async close(): Promise<void> {}
}

export class FakeRealtimeSession extends llm.RealtimeSession {
  #chatCtx = llm.ChatContext.empty();
  #tools = llm.ToolContext.empty();
  #count = 0;
  readonly truncations: { messageId: string; audioEndMs: number }[] = [];

  startSpeech(): void {
    this.emit("input_speech_started", {});
  }

  endSpeech(): void {
    this.emit("input_speech_stopped", { userTranscriptionEnabled: true });
  }

  /** The server's transcript of what the user said. */
  transcribe(
    transcript: string,
    isFinal = true,
    itemId = this.#nextItemId(),
    turnStartedAt?: number,
  ): void {
    this.emit("input_audio_transcription_completed", {
      itemId,
      transcript,
      isFinal,
      ...(turnStartedAt === undefined ? {} : { turnStartedAt }),
    });
  }

  /** The model answers by itself. */
  answer(text: string, modalities: ("text" | "audio")[] = ["text", "audio"]): void {
    this.emit("generation_created", this.#generate([text], false, modalities));
  }

  /** The model answers by itself, with several messages in one response. */
  answerInMessages(...texts: string[]): void {
    this.emit("generation_created", this.#generate(texts, false));
  }

  /** The model calls a tool and says nothing. */
  callTool(name: string, args: object): void {
    const call = llm.FunctionCall.create({
      callId: this.#nextItemId(),
      name,
      args: JSON.stringify(args),
    });
    this.emit("generation_created", {
      ...this.#generate([], false),
      functionStream: ReadableStream.from([call]),
    });
  }

  #nextItemId(): string {
    this.#count += 1;
    return `item_${this.#count}`;
  }

  override get chatCtx(): llm.ChatContext {
    return this.#chatCtx;
  }

  override get tools(): llm.ToolContext {
    return this.#tools;
  }

  override async generateReply(instructions?: string): Promise<llm.GenerationCreatedEvent> {
    return this.#generate([`I was told: ${instructions ?? "nothing"}`], true);
  }

  override async updateChatCtx(chatCtx: llm.ChatContext): Promise<void> {
    this.#chatCtx = chatCtx.copy();
  }

  override async updateTools(tools: llm.ToolContext): Promise<void> {
    this.#tools = tools;
  }

  override async truncate(options: { messageId: string; audioEndMs: number }): Promise<void> {
    this.truncations.push({ messageId: options.messageId, audioEndMs: options.audioEndMs });
  }

  override async updateInstructions(): Promise<void> {}
  override updateOptions(): void {}
  override pushAudio(): void {}
  override async commitAudio(): Promise<void> {}
  override async clearAudio(): Promise<void> {}
  override async interrupt(): Promise<void> {}

  #generate(
    texts: readonly string[],
    userInitiated: boolean,
    modalities: ("text" | "audio")[] = ["text", "audio"],
  ): llm.GenerationCreatedEvent {
    const messages = texts.map((text) => this.#createMessage(text, modalities));
    return {
      messageStream: ReadableStream.from(messages),
      functionStream: ReadableStream.from([] as llm.FunctionCall[]),
      userInitiated,
      responseId: `response_${this.#count}`,
    };
  }

  #createMessage(text: string, modalities: ("text" | "audio")[]): llm.MessageGeneration {
    const messageId = this.#nextItemId();
    const samples = Math.round(text.length * SECONDS_PER_CHARACTER * 24_000);
    const frames = modalities.includes("audio")
      ? [new AudioFrame(new Int16Array(samples), 24_000, 1, samples)]
      : [];
    return {
      messageId,
      textStream: ReadableStream.from([text]),
      audioStream: ReadableStream.from(frames),
      modalities: Promise.resolve(modalities),
    };
  }
}
