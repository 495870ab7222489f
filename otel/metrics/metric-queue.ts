import { messageOf } from "../../src/platform/message-of.js";
import { reportSafely } from "../../src/record/index.js";
import type { OtlpSender } from "../forward/otlp-sender.js";
import type { MetricRequest } from "./encode-metrics.js";
import type { Exemplars } from "./exemplars.js";

export interface MetricQueueOptions {
  sender: OtlpSender;
  /** The endpoint, as reports name it. */
  url: string;
  /**
   * False if the endpoint is only the common one, which may take traces alone, as Jaeger does. Then
   * metrics end without a report if the endpoint does not take them.
   */
  isAsked: boolean;
  exemplars: Exemplars;
  /** Called with a line when the endpoint is lost and when it is back. Default: stderr. */
  report?: (line: string) => void;
}

/** Answers of an endpoint that does not have this path, or takes no requests there. */
const NO_SUCH_PLACE = /^status (404|405|501)\b/;

/**
 * The most bytes that wait for an endpoint that takes differences. Beyond that the oldest request is
 * dropped.
 */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** Metric requests that the endpoint has not taken yet, oldest first. */
export class MetricQueue {
  readonly #options: MetricQueueOptions;
  readonly #report: (line: string) => void;
  readonly #waiting: MetricRequest[] = [];
  #isDown = false;
  #isUnwanted = false;
  /** No request before this time, by `performance.now()`, because the endpoint asked for a pause. */
  #askedUntilMs = 0;
  /** Lost requests whose figures are in no other, since the endpoint was last reported to be back. */
  #lostCount = 0;

  constructor(options: MetricQueueOptions) {
    this.#options = options;
    this.#report = reportSafely(options.report);
  }

  /** Whether the endpoint takes no metrics, and no setting asked for them. */
  get isUnwanted(): boolean {
    return this.#isUnwanted;
  }

  add(next: MetricRequest): void {
    // Newer sums include the older ones.
    if (!next.isDelta) this.#waiting.length = 0;
    // The waiting request keeps these exemplars.
    else this.#options.exemplars.forget(next.exemplars);
    this.#waiting.push(next);
    while (this.#waiting.length > 1 && this.#countBytes() > MAX_WAITING_BYTES) {
      this.#waiting.shift();
      this.#lostCount += 1;
    }
  }

  #countBytes(): number {
    return this.#waiting.reduce((sum, { body }) => sum + body.length, 0);
  }

  /** Sends all, also what `add()` brought while a request was under way, even if that one failed. */
  async sendAll(): Promise<void> {
    let tried: MetricRequest | undefined;
    do {
      tried = this.#waiting.at(-1);
      await this.#sendWaiting();
    } while (this.#waiting.length > 0 && this.#waiting.at(-1) !== tried);
  }

  /** Sends waiting requests, oldest first, until the endpoint takes no more. */
  async #sendWaiting(): Promise<void> {
    const { sender, url, exemplars } = this.#options;
    if (performance.now() < this.#askedUntilMs) return;
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const verdict = await sender.send(next.body);
      const isTaken = verdict.outcome === "accepted";
      // An endpoint that refuses a request would refuse it again, and delay those behind it.
      if (isTaken || verdict.outcome === "refused") this.#remove(next, isTaken);
      if (!isTaken) {
        this.#askedUntilMs = performance.now() + (verdict.retryAfterMs ?? 0);
        return this.#noteFailure(verdict.why);
      }
      exemplars.forget(next.exemplars);
      if (this.#isDown) this.#report(`Metrics reach ${url} again${this.#describeLost()}`);
      this.#isDown = false;
      this.#lostCount = 0;
    }
  }

  #remove(request: MetricRequest, isTaken: boolean): void {
    const index = this.#waiting.indexOf(request);
    // Newer sums, or the limit, may have removed it already.
    if (index === -1) return;
    this.#waiting.splice(index, 1);
    if (!isTaken && request.isDelta) this.#lostCount += 1;
  }

  /** Figures that cannot be encoded are lost, but the agent goes on. */
  noteUnencodable(error: unknown): void {
    const { url } = this.#options;
    this.#report(
      `No metrics for ${url} this time: ${messageOf(error)}. The record is not affected`,
    );
  }

  #noteFailure(why: string): void {
    const { isAsked, url } = this.#options;
    if (!isAsked) {
      // Other faults of the common endpoint are reported once, by the traces.
      this.#isUnwanted = NO_SUCH_PLACE.test(why);
      if (this.#isUnwanted) this.#waiting.length = 0;
      return;
    }
    if (!this.#isDown) {
      this.#report(
        `No metrics: cannot send them to ${url} (${why})${this.#describeLost()}. ` +
          "The record is not affected",
      );
    }
    this.#isDown = true;
  }

  #describeLost(): string {
    const count = this.#lostCount;
    if (count === 0) return "";
    return `; the figures of ${count === 1 ? "one request" : `${count} requests`} are lost`;
  }

  /** Reports what is lost at the end, and closes the sender. */
  shutdown(): void {
    const { isAsked, url, sender } = this.#options;
    this.#lostCount += this.#waiting.filter(({ isDelta }) => isDelta).length;
    if (isAsked && this.#lostCount > 0) {
      this.#report(`Metrics end without ${url}${this.#describeLost()}. The record is not affected`);
      // A request that fails now would report the same again.
      this.#isDown = true;
    }
    this.#waiting.length = 0;
    sender.close();
  }
}
