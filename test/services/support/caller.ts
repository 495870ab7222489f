import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from "@livekit/rtc-node";
import { AccessToken } from "livekit-server-sdk";
import { awaitEvent } from "../../../src/demo/await-event.js";
import { type AudibleSpan, wallClockMs } from "../../../src/demo/caller-microphone.js";
import { type Utterance, findUtterance } from "../../../src/demo/read-utterances.js";
import { type Ear, listen } from "./ear.js";
import type { Servers } from "./servers.js";

const SAMPLE_RATE = 16_000;
const FRAME_MS = 20;
/** How far the microphone is ahead of what is sent: a late timer must not leave a hole in a word. */
const LEAD_MS = 300;
const FRAME_SAMPLES = (SAMPLE_RATE * FRAME_MS) / 1000;
/** A worker on a busy machine may have to start a process for the call first. */
const AGENT_PATIENCE_MS = 60_000;

/** Somebody in a room who speaks and listens, over WebRTC. */
export interface Caller {
  identity: string;
  roomName: string;
  /** The room's id on the server; LiveKit's spans have it as `gen_ai.conversation.id`. */
  roomId: string;
  /** The first agent that is heard. */
  agent(): Promise<Ear>;
  /** All agents that are heard, by identity, in the order of their arrival. */
  agents: ReadonlyMap<string, Ear>;
  /** Resolves when the last word was spoken, with when it was audible. */
  say(id: string): Promise<AudibleSpan>;
  /** Presses a key, as on a telephone. */
  press(digit: string): Promise<void>;
  /** For how long sound that was heard at a time had waited in the caller's jitter buffer. */
  bufferedMsAt(timeMs: number): number;
  hangUp(): Promise<void>;
}

export async function joinRoom(options: {
  livekit: Servers["livekit"];
  roomName: string;
  identity?: string;
}): Promise<Caller> {
  const { livekit, roomName, identity = "caller" } = options;
  const token = new AccessToken(livekit.apiKey, livekit.apiSecret, { identity, name: identity });
  token.addGrant({ roomJoin: true, room: roomName });
  const room = new Room();
  const agents = new Map<string, Ear>();
  room.on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
    if (track.kind !== TrackKind.KIND_AUDIO || !participant.identity.startsWith("agent-")) return;
    agents.set(participant.identity, listen(track));
  });
  await room.connect(livekit.url, await token.toJwt(), { autoSubscribe: true, dynacast: false });
  const microphone = openMicrophone();
  const track = LocalAudioTrack.createAudioTrack("voice", microphone.source);
  const publish = new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE });
  await room.localParticipant?.publishTrack(track, publish);

  const buffer = followJitterBuffer(room);
  let hangingUp: Promise<void> | undefined;
  return {
    identity,
    roomName,
    roomId: await room.getSid(),
    agents,
    async agent() {
      // The first track need not be an agent's: another caller's may come before.
      await awaitEvent({
        what: `an agent's voice in "${roomName}"`,
        isSo: () => agents.size > 0,
        patienceMs: AGENT_PATIENCE_MS,
        signal: new AbortController().signal,
        subscribe(onChange) {
          room.on(RoomEvent.TrackSubscribed, onChange);
          return () => room.off(RoomEvent.TrackSubscribed, onChange);
        },
      });
      return [...agents.values()][0] as Ear;
    },
    bufferedMsAt: buffer.bufferedMsAt,
    press: async (digit) => room.localParticipant?.publishDtmf(Number(digit), digit),
    say: (id) => microphone.say(findUtterance(id)),
    hangUp() {
      hangingUp ??= (async () => {
        microphone.close();
        buffer.close();
        await room.disconnect();
        await Promise.all([...agents.values()].map((ear) => ear.close()));
        await track.close();
      })();
      return hangingUp;
    },
  };
}

const STATISTICS_EVERY_MS = 250;

/** Asks WebRTC again and again for how long the jitter buffer holds sound back. */
function followJitterBuffer(room: Room) {
  /** Sums since the call began: of seconds of delay over samples of sound, and of samples. */
  const sums: { atMs: number; delay: number; samples: number }[] = [];
  let isAsking = false;

  async function ask(): Promise<void> {
    if (isAsking || !room.isConnected) return;
    isAsking = true;
    try {
      // Newer servers send and receive on one connection, which is then called the publisher's.
      const { publisherStats, subscriberStats } = await room.getRtcStats();
      for (const { stats } of [...publisherStats, ...subscriberStats]) {
        if (stats.case !== "inboundRtp") continue;
        const { jitterBufferDelay = 0, jitterBufferEmittedCount = 0n } = stats.value.inbound ?? {};
        const samples = Number(jitterBufferEmittedCount);
        sums.push({ atMs: wallClockMs(), delay: jitterBufferDelay, samples });
      }
    } catch {
      // The room has closed meanwhile.
    } finally {
      isAsking = false;
    }
  }
  const timer = setInterval(() => void ask(), STATISTICS_EVERY_MS);

  return {
    bufferedMsAt(timeMs: number) {
      const next = sums.findIndex(({ atMs }) => atMs >= timeMs);
      const [before, after] = [sums[next - 1], sums[next + 1] ?? sums[next]];
      if (before === undefined || after === undefined) return 0;
      return ((after.delay - before.delay) * 1000) / Math.max(after.samples - before.samples, 1);
    },
    close: () => clearInterval(timer),
  };
}

/** A microphone that gives a frame every 20 ms, silent unless something is said. */
function openMicrophone() {
  const source = new AudioSource(SAMPLE_RATE, 1);
  const queue: { utterance: Utterance; done: (span: AudibleSpan) => void }[] = [];
  const startedAtMs = wallClockMs();
  let frames = 0;
  let next = 0;
  let beganAtMs = 0;
  let isOpen = true;

  function record(): AudioFrame {
    const samples = new Int16Array(FRAME_SAMPLES);
    const [speaking] = queue;
    if (speaking !== undefined) {
      const { utterance, done } = speaking;
      if (next === 0) beganAtMs = startedAtMs + frames * FRAME_MS;
      samples.set(utterance.samples.subarray(next, next + FRAME_SAMPLES));
      next += FRAME_SAMPLES;
      if (next >= utterance.samples.length) {
        queue.shift();
        next = 0;
        const at = (seconds = 0) => beganAtMs + seconds * 1000;
        const { words } = utterance;
        done({ startedAtMs: at(words[0]?.start_s), endedAtMs: at(words.at(-1)?.end_s) });
      }
    }
    return new AudioFrame(samples, SAMPLE_RATE, 1, FRAME_SAMPLES);
  }

  void (async () => {
    while (isOpen) {
      const aheadMs = startedAtMs + frames * FRAME_MS - wallClockMs();
      if (aheadMs > LEAD_MS) await new Promise((resolve) => setTimeout(resolve, aheadMs - LEAD_MS));
      if (isOpen) await source.captureFrame(record());
      frames += 1;
    }
  })();

  return {
    source,
    say: (utterance: Utterance) =>
      new Promise<AudibleSpan>((resolve) => queue.push({ utterance, done: resolve })),
    close() {
      isOpen = false;
    },
  };
}
