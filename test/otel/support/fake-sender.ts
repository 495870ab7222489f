import type { OtlpSender, Verdict } from "../../../otel/index.js";

export interface FakeSender extends OtlpSender {
  /** What becomes of a request with spans of these names. */
  judge: (names: string[]) => Verdict;
  /** The names of the spans in each request. */
  readonly requests: string[][];
  /** The names of all spans in accepted requests. */
  readonly accepted: string[];
}

export const ACCEPTED: Verdict = { outcome: "accepted" };
export const REFUSED: Verdict = { outcome: "refused", why: "status 400" };
export const AWAY: Verdict = { outcome: "unavailable", why: "nobody is there" };

/** A sender that answers by itself, at once. */
export function makeFakeSender(judge: FakeSender["judge"] = () => ACCEPTED): FakeSender {
  const sender: FakeSender = {
    judge,
    requests: [],
    accepted: [],
    send(body) {
      const { resourceSpans } = JSON.parse(body.toString("utf8")) as OtlpRequest;
      const names = resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
      );
      const verdict = sender.judge(names);
      sender.requests.push(names);
      if (verdict.outcome === "accepted") sender.accepted.push(...names);
      return Promise.resolve(verdict);
    },
    close: () => undefined,
  };
  return sender;
}

interface OtlpRequest {
  resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[];
}
