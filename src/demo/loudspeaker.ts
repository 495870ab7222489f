import { voice } from "@livekit/agents";
import type { AudioFrame } from "@livekit/rtc-node";
import { wallClockMs, type AudibleSpan } from "./caller-microphone.js";

/** One playout of the agent, as the caller heard it. */
export interface HeardSegment extends AudibleSpan {
  /** When the agent handed over its first sound, in epoch milliseconds. */
  pushedAtMs: number;
  /** Seconds of its audio that were audible. */
  heardSeconds: number;
  /** Seconds of audio that the agent had handed over. */
  pushedSeconds: number;
  interrupted: boolean;
}

interface Segment {
  /** When its first sound was handed over. */
  pushedAtMs: number;
  pushedSeconds: number;
  heardSeconds: number;
  startedAtMs: number | undefined;
  /** When its sound was last audible. */
  audibleUntilMs: number;
  flushed: boolean;
}

interface Waiter {
  index: number;
  seconds: number;
  resolve: (heard: boolean) => void;
}

/** Playback has ended if less than this is left, because sums of frame lengths are not exact. */
const ROUNDING_S = 1e-6;
/**
 * After a pause the sound needs this long, in real time, to come back. LiveKit resumes the output just
 * before it clears it. Without this delay the caller would hear a click of the dropped reply.
 */
const RESUME_MS = 20;

/**
 * The caller's loudspeaker. It takes audio as fast as it comes, and plays it `rate` times as fast as
 * real time. It knows exactly what was audible at which wall time, so that a record can be compared
 * with it. Positions are seconds of audio at any rate.
 */
export class Loudspeaker extends voice.AudioOutput {
  readonly #rate: number;
  /** Playouts in order. The first one is being played. */
  readonly #queue: Segment[] = [];
  readonly #heard: HeardSegment[] = [];
  readonly #waiters = new Set<Waiter>();
  #isOpen = false;
  #isPaused = false;
  #resuming: NodeJS.Timeout | undefined;
  #advancedAtMs = wallClockMs();
  #timer: NodeJS.Timeout | undefined;

  /** How long audio after a silence waits until it is audible, in real milliseconds. */
  startDelayMs = 0;

  constructor({ rate = 1, sampleRate = 24_000 }: { rate?: number; sampleRate?: number } = {}) {
    super(sampleRate, undefined, { pause: true });
    this.#rate = rate;
  }

  /** Every playout that has ended, in order. */
  get segments(): readonly HeardSegment[] {
    return this.#heard;
  }

  /** Whether nothing is being played or waits to be played. */
  get isIdle(): boolean {
    return this.#queue.length === 0;
  }

  override async captureFrame(frame: AudioFrame): Promise<void> {
    await super.captureFrame(frame);
    this.#advance();
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#queue.push(newSegment());
    }
    const segment = this.#queue.at(-1);
    if (segment) segment.pushedSeconds += frame.samplesPerChannel / frame.sampleRate;
    this.#advance();
  }

  override flush(): void {
    super.flush();
    const open = this.#isOpen ? this.#queue.at(-1) : undefined;
    this.#isOpen = false;
    if (open) open.flushed = true;
    this.#schedule();
  }

  override clearBuffer(): void {
    this.#advance();
    super.flush();
    this.#isOpen = false;
    for (let segment = this.#queue[0]; segment; segment = this.#queue[0])
      this.#finish(segment, true);
    this.#schedule();
  }

  override pause(): void {
    this.#stopResuming();
    this.#advance();
    this.#isPaused = true;
    this.#schedule();
  }

  override resume(): void {
    if (!this.#isPaused || this.#resuming) return;
    this.#resuming = setTimeout(() => {
      this.#stopResuming();
      this.#advance();
      this.#isPaused = false;
      this.#advance();
    }, RESUME_MS);
  }

  /**
   * Waits until `seconds` of the playout `index` (from 0) were audible.
   *
   * @returns false if that playout ended, or the loudspeaker was closed, before that
   */
  waitUntilHeard(index: number, seconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiters.add({ index, seconds, resolve });
      this.#advance();
    });
  }

  close(): void {
    this.clearBuffer();
    clearTimeout(this.#timer);
    this.#stopResuming();
    for (const waiter of this.#waiters) waiter.resolve(false);
    this.#waiters.clear();
  }

  #stopResuming(): void {
    clearTimeout(this.#resuming);
    this.#resuming = undefined;
  }

  /** Updates positions to the present and reports what happened since. */
  #advance(): void {
    const nowMs = wallClockMs();
    for (let segment = this.#queue[0]; segment && !this.#isPaused; segment = this.#queue[0]) {
      if (segment.startedAtMs === undefined) {
        if (segment.pushedSeconds === 0) break;
        if (nowMs < segment.pushedAtMs + this.startDelayMs) break;
        // The sound starts now, not when the clock was last read.
        segment.startedAtMs = nowMs;
        this.#advancedAtMs = nowMs;
        this.onPlaybackStarted(Date.now());
      }
      const elapsedSeconds = ((nowMs - this.#advancedAtMs) * this.#rate) / 1000;
      const leftSeconds = segment.pushedSeconds - segment.heardSeconds;
      const playedSeconds = Math.min(elapsedSeconds, leftSeconds);
      segment.heardSeconds += playedSeconds;
      if (playedSeconds > 0) {
        segment.audibleUntilMs = this.#advancedAtMs + (playedSeconds * 1000) / this.#rate;
      }
      this.#advancedAtMs = nowMs;
      if (!segment.flushed || segment.pushedSeconds - segment.heardSeconds > ROUNDING_S) break;
      this.#finish(segment, false);
    }
    this.#advancedAtMs = nowMs;
    this.#settleWaiters();
    this.#schedule();
  }

  #finish(segment: Segment, interrupted: boolean): void {
    this.#queue.shift();
    const { pushedAtMs, pushedSeconds, heardSeconds } = segment;
    const startedAtMs = segment.startedAtMs ?? wallClockMs();
    const endedAtMs = Math.max(startedAtMs, segment.audibleUntilMs);
    this.#heard.push({
      pushedAtMs,
      startedAtMs,
      endedAtMs,
      heardSeconds,
      pushedSeconds,
      interrupted,
    });
    this.#settleWaiters();
    this.onPlaybackFinished({ playbackPosition: heardSeconds, interrupted });
  }

  #settleWaiters(): void {
    for (const waiter of this.#waiters) {
      const leftSeconds = this.#leftFor(waiter);
      const isOver = waiter.index < this.#heard.length;
      if (!isOver && (leftSeconds === undefined || leftSeconds > ROUNDING_S)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve((leftSeconds ?? 0) <= ROUNDING_S);
    }
  }

  /** How many more seconds a waiter needs; undefined before its playout began. */
  #leftFor({ index, seconds }: Waiter): number | undefined {
    const past = this.#heard[index];
    if (past) return seconds - past.heardSeconds;
    const playing = index === this.#heard.length ? this.#queue[0] : undefined;
    return playing && seconds - playing.heardSeconds;
  }

  /** Wakes when the next playout ends, or when a position is reached for which somebody waits. */
  #schedule(): void {
    clearTimeout(this.#timer);
    const [segment] = this.#queue;
    if (!segment || this.#isPaused) return;
    if (segment.startedAtMs === undefined) {
      if (segment.pushedSeconds === 0) return;
      // If it is due by now, it begins at once.
      const waitMs = segment.pushedAtMs + this.startDelayMs - wallClockMs();
      this.#timer = setTimeout(() => this.#advance(), Math.max(0, waitMs));
      return;
    }
    const leftSeconds = segment.pushedSeconds - segment.heardSeconds;
    const wanted = [...this.#waiters].map((waiter) => this.#leftFor(waiter) ?? Infinity);
    if (segment.flushed) wanted.push(leftSeconds);
    const nextSeconds = Math.min(...wanted);
    // Audio that the agent has not handed over yet has no known end.
    if (nextSeconds > leftSeconds + ROUNDING_S) return;
    this.#timer = setTimeout(() => this.#advance(), Math.max(0, (nextSeconds * 1000) / this.#rate));
  }
}

function newSegment(): Segment {
  return {
    pushedAtMs: wallClockMs(),
    pushedSeconds: 0,
    heardSeconds: 0,
    startedAtMs: undefined,
    audibleUntilMs: 0,
    flushed: false,
  };
}
