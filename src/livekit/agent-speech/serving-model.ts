import type { tts } from "@livekit/agents";
import { isAdapter } from "../instrumentation/adapters.js";
import type { ModelFailure } from "../instrumentation/call-context.js";
import type { VoicedService } from "../instrumentation/tts.js";

/** Which model speaks a synthesis, and why it failed, if it failed. */
export interface ServingModel {
  /** The service as far as it is known. */
  readonly service: VoicedService;
  /** The failure, unless later audio made good for it. */
  readonly failure: ModelFailure | undefined;
  /** What the span may say of the service at its start, because attributes cannot be removed later. */
  describeAtStart(): VoicedService;
  /** The service at the end of the synthesis. */
  describeAtEnd(): VoicedService;
  /** A model behind an adapter gives audio. */
  onServed(model: object, service: VoicedService): void;
  /** A model has failed: the one that speaks, or another one behind the same adapter. */
  onError(failure: ModelFailure): void;
  /** The provider marked the end of its audio. */
  onMarkedEnd(): void;
}

/** @param origin the TTS or adapter that was asked; undefined if none was */
export function followServingModel(
  origin: tts.TTS | undefined,
  describe: () => VoicedService,
): ServingModel {
  const mayChange = origin !== undefined && isAdapter(origin);
  let service = describe();
  let model: object | undefined;
  let failure: ModelFailure | undefined;
  return {
    get service() {
      return service;
    },
    get failure() {
      return failure;
    },
    // An adapter may still choose another model.
    describeAtStart: () => (mayChange ? { source: service.source } : service),
    describeAtEnd() {
      if (model === undefined && mayChange) service = describe();
      return service;
    },
    onServed(servingModel, itsService) {
      service = itsService;
      model = servingModel;
      // This model gives the audio that another one failed to give.
      if (failure?.model !== servingModel) failure = undefined;
    },
    onError(itsFailure) {
      // A `FallbackAdapter` keeps testing its failed models, so a failure may be of one that does not
      // speak.
      if (model === undefined || itsFailure.model === model) failure = itsFailure;
    },
    onMarkedEnd() {
      // The retry succeeded. An adapter's mark proves nothing, because an adapter marks the end even if
      // its model broke off.
      if (model === undefined && failure?.isFinal !== true) failure = undefined;
    },
  };
}
