import { messageOf } from "../../src/platform/message-of.js";
import { reportSafely } from "../../src/record/index.js";
import type { OtlpSender } from "../forward/otlp-sender.js";
import type { MetricRequest } from "./encode-metrics.js";
import type { Exemplars } from "./exemplars.js";

export interface MetricQueueOptions {
  sender: OtlpSender;
  /** Where it sends to; for the lines that say so. */
  url: string;
  /**
   * False where the endpoint is only the common one, which may take traces alone, as Jaeger does:
   * then metrics end without a line when it has no place for them.
   */
  isAsked: boolean;
  exemplars: Exemplars;
  /** Gets a line when the endpoint is lost and when it is back. Default: stderr. */
  report?: (line: string) => void;
}

/** An endpoint answers so for a path that it does not have, or takes nothing at. */
const NO_SUCH_PLACE = /^status (404|405|501)\b/;

/** What waits for an endpoint that takes differences; the oldest goes when there is more. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** Requests of metrics that no endpoint took yet, oldest first. */
export class MetricQueue {
  readonly #options: MetricQueueOptions;
  readonly #report: (line: string) => void;
  readonly #waiting: MetricRequest[] = [];
  #isDown = false;
  #isUnwanted = false;
  /** The endpoint asked to be left alone until then, by `performance.now()`. */
  #askedUntilMs = 0;
  /** Requests whose figures are in no other, since the endpoint was last said to be back. */
  #lostCount = 0;

  constructor(options: MetricQueueOptions) {
    this.#options = options;
    this.#report = reportSafely(options.report);
  }

  /** Whether the endpoint has no place for metrics, and nobody asked for them. */
  get isUnwanted(): boolean {
    return this.#isUnwanted;
  }

  add(next: MetricRequest): void {
    // Newer sums say all that older ones do.
    if (!next.isDelta) this.#waiting.length = 0;
    // The request itself is kept, with these in it.
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

  /** Sends what waits, the oldest first, until the endpoint takes no more. */
  async #sendWaiting(): Promise<void> {
    const { sender, url, exemplars } = this.#options;
    if (performance.now() < this.#askedUntilMs) return;
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const verdict = await sender.send(next.body);
      const isTaken = verdict.outcome === "accepted";
      // An endpoint that refuses a request would do so again, and hold up those behind it.
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
    // It is gone already where newer sums, or the limit, took its place.
    if (index === -1) return;
    this.#waiting.splice(index, 1);
    if (!isTaken && request.isDelta) this.#lostCount += 1;
  }

  /** Figures that cannot be encoded are lost; the agent goes on. */
  noteUnencodable(error: unknown): void {
    const { url } = this.#options;
    this.#report(
      `No metrics for ${url} this time: ${messageOf(error)}. The record is not affected`,
    );
  }

  #noteFailure(why: string): void {
    const { isAsked, url } = this.#options;
    if (!isAsked) {
      // What else is wrong with the common endpoint is told once, by the traces.
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
