import * as cartesia from "@livekit/agents-plugin-cartesia";
import * as deepgram from "@livekit/agents-plugin-deepgram";
import * as openai from "@livekit/agents-plugin-openai";
import type { ModelSettings } from "./settings.js";

export interface Models {
  stt: deepgram.STT;
  tts: cartesia.TTS;
  llm: openai.LLM;
}

/** Builds the plugins. Nothing is connected before a session uses them. */
export function createModels(settings: ModelSettings): Models {
  return {
    stt: new deepgram.STT({
      apiKey: settings.deepgram.apiKey,
      model: settings.deepgram.model,
      language: settings.deepgram.language,
      ...(settings.deepgram.url === undefined ? {} : { baseUrl: settings.deepgram.url }),
    }),
    tts: new cartesia.TTS({
      apiKey: settings.cartesia.apiKey,
      model: settings.cartesia.model,
      voice: settings.cartesia.voice,
      ...(settings.cartesia.url === undefined ? {} : { baseUrl: settings.cartesia.url }),
    }),
    llm: new openai.LLM({
      apiKey: settings.llm.apiKey,
      model: settings.llm.model,
      ...(settings.llm.url === undefined ? {} : { baseURL: settings.llm.url }),
    }),
  };
}
