import type { voice } from "@livekit/agents";
import { Loudspeaker } from "../../../src/demo/loudspeaker.js";

/** A loudspeaker that, like LiveKit's output in a room, estimates what was heard of cut speech. */
export class EstimatingLoudspeaker extends Loudspeaker {
  estimate: string | undefined;

  override onPlaybackFinished(event: voice.PlaybackFinishedEvent): void {
    const { estimate } = this;
    super.onPlaybackFinished(
      estimate === undefined || !event.interrupted
        ? event
        : { ...event, synchronizedTranscript: estimate },
    );
  }
}
