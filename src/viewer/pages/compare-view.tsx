import { useEffect } from "preact/hooks";
import type { ComparedFigure, Comparison, PairComparison } from "../../insight/index.js";
import type { CallsAnswer } from "../view-answers.js";
import { addressOfCall, addressWith, followLink, go, join, parameter } from "./address.js";
import { useAnswer } from "./answers.js";
import { formatMoment } from "../../insight/format-moment.js";
import { count, formatSeconds, nameStage, showName } from "./format.js";
import { QueryField } from "./query-field.js";
import { SeverityMark } from "./severity.js";
import { Loading, Problem } from "./states.js";

export function CompareView() {
  const [a, b] = [parameter("a"), parameter("b")];
  const isReady = a !== "" && b !== "";
  const { data, of, error } = useAnswer<Comparison | PairComparison>(
    isReady ? join("/compare.json", { a, b }) : undefined,
  );
  useEffect(() => {
    document.title = "Compare - TalkTrace";
  }, []);
  return (
    <div class="compare">
      <h1>Compare</h1>
      <div class="controls">
        <QueryField name="a" label="Before: version:1.4 or a call" error={undefined} />
        <QueryField name="b" label="After: version:1.5 or a call" error={undefined} />
      </div>
      {!isReady && <Presets />}
      {isReady && error !== undefined && <Problem title="Cannot compare" text={error} />}
      {isReady && data === undefined && error === undefined && <Loading what="both sides" />}
      {isReady && data !== undefined && of !== undefined && error === undefined && (
        <>{"turns" in data ? <Pair data={data} /> : <Sides data={data} />}</>
      )}
    </div>
  );
}

/** The newest version against the one before it, and this week against the last. */
function Presets() {
  const { data } = useAnswer<CallsAnswer>("/calls.json?limit=1000");
  // The agent's own version; that of the recording software is no query.
  const own = (data?.calls ?? []).map(({ attributes }) => attributes?.["version"]);
  const versions = [...new Set(own.filter((each) => each !== undefined && each !== null))].map(
    String,
  );
  const [newest, before] = versions;
  const [callB, callA] = data?.calls ?? [];
  const presets = [
    ...(newest !== undefined && before !== undefined
      ? [
          {
            a: `version:"${before}"`,
            b: `version:"${newest}"`,
            name: `Version ${before} and ${newest}`,
          },
        ]
      : []),
    { a: "since:14d until:7d", b: "since:7d", name: "The week before and this week" },
    ...(callA !== undefined && callB !== undefined
      ? [{ a: callA.name, b: callB.name, name: "The two newest calls, turn by turn" }]
      : []),
  ];
  return (
    <div class="state">
      <p>Give a query, or the name of a call, for each side. Or begin with:</p>
      <p class="facets">
        {presets.map(({ a, b, name }) => (
          <button key={name} type="button" onClick={() => go(addressWith({ a, b }))}>
            {name}
          </button>
        ))}
      </p>
    </div>
  );
}

function Sides({ data }: { data: Comparison }) {
  return (
    <>
      <dl class="cards">
        {(["a", "b"] as const).map((side) => (
          <div key={side}>
            <dt>
              {side === "a" ? "Before" : "After"}
              {data[side].from !== undefined && `, ${data[side].from} to ${data[side].to ?? ""}`}
            </dt>
            <dd>
              {count(data[side].calls, "call")}, {count(data[side].replies, "reply", "replies")}
            </dd>
          </div>
        ))}
      </dl>
      {data.differs.length > 0 && (
        <section>
          <h2>What differs</h2>
          <ul>
            {data.differs.map(({ what, only_a, only_b }) => (
              <li key={what}>
                {what.replace("attributes.", "")}:{" "}
                {only_a.length > 0 && (
                  <>
                    only before <bdi>{only_a.join(", ")}</bdi>
                  </>
                )}
                {only_a.length > 0 && only_b.length > 0 && "; "}
                {only_b.length > 0 && (
                  <>
                    only after <bdi>{only_b.join(", ")}</bdi>
                  </>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>Before and after</h2>
        <div class="scrolled" tabIndex={0} role="region" aria-label="Figures of both sides">
          <table class="figures">
            <thead>
              <tr>
                <th scope="col">figure</th>
                <th scope="col">before</th>
                <th scope="col">after</th>
                <th scope="col">difference</th>
                <th scope="col">interval</th>
                <th scope="col">verdict</th>
              </tr>
            </thead>
            <tbody>
              {data.figures.map((figure) => (
                <FigureRow key={`${figure.name}-${figure.statistic}`} figure={figure} />
              ))}
            </tbody>
          </table>
        </div>
        <p class="muted">
          {data.resamples === 0
            ? "Fewer than 10 calls on a side show no interval, so nobody can tell."
            : `Whole calls were drawn again ${data.resamples.toLocaleString("en")} times, seed ${data.seed}. A difference whose interval includes 0 is “cannot tell”.`}
        </p>
      </section>
      {data.worst_of_b.length > 0 && (
        <section>
          <h2>The worst calls of after</h2>
          <ul class="findings">
            {data.worst_of_b.map(({ name, at_s, severity, text }) => (
              <li key={name}>
                <a class={severity} href={addressOfCall(name, at_s)} onClick={followLink}>
                  <SeverityMark severity={severity} />
                  <bdi>{showName(name)}</bdi>@{formatMoment(at_s)} {text}
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function FigureRow({ figure }: { figure: ComparedFigure }) {
  const { name, statistic, unit, a, b, difference, interval, verdict } = figure;
  const write = (value: number): string =>
    unit === "s" ? `${round(value, 2)} s` : round(value, 1);
  const sign = (value: number): string => {
    const text = write(value);
    return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
  };
  const shown =
    verdict === "slower" || verdict === "more" ? "bad" : verdict === "cannot_tell" ? "muted" : "ok";
  return (
    <tr>
      <th scope="row">
        {name === "e2e_s" ? "wait" : nameStage(name)}{" "}
        <span class="muted">{statistic.replaceAll("_", " ")}</span>
      </th>
      <td>{write(a)}</td>
      <td>{write(b)}</td>
      <td>{sign(difference)}</td>
      <td>
        {interval === undefined ? (
          "–"
        ) : (
          <>
            {sign(interval.low)} … {sign(interval.high)}
            <Interval low={interval.low} high={interval.high} difference={difference} />
          </>
        )}
      </td>
      <td class={shown}>{verdict.replaceAll("_", " ")}</td>
    </tr>
  );
}

/** Rounded, without a sign before zero. */
function round(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** An interval beside zero. */
function Interval({ low, high, difference }: { low: number; high: number; difference: number }) {
  const most = Math.max(Math.abs(low), Math.abs(high), 1e-9);
  const x = (value: number): number => 50 + (value / most) * 46;
  return (
    <svg class="interval" viewBox="0 0 100 12" aria-hidden="true">
      <line class="grid" x1={50} x2={50} y1={0} y2={12} />
      <line class="range" x1={x(low)} x2={x(high)} y1={6} y2={6} />
      <circle cx={x(difference)} cy={6} r={3} />
    </svg>
  );
}

function Pair({ data }: { data: PairComparison }) {
  return (
    <section>
      <h2>Turn by turn</h2>
      <div class="scrolled" tabIndex={0} role="region" aria-label="Both calls, turn by turn">
        <table class="figures pair">
          <thead>
            <tr>
              {[data.a, data.b].map(({ name }, at) => (
                <th key={at} scope="col">
                  <a href={addressOfCall(name)} onClick={followLink}>
                    <bdi>{showName(name)}</bdi>
                  </a>
                </th>
              ))}
              <th scope="col">wait</th>
            </tr>
          </thead>
          <tbody>
            {data.turns.map(({ a, b, wait_difference_s }, at) => (
              <tr key={at}>
                {[a, b].map((side, which) => (
                  <td key={which}>
                    {side !== undefined && (
                      <>
                        <p class="user" dir="auto">
                          {side.user}
                        </p>
                        <p class="agent" dir="auto">
                          {side.agent}
                        </p>
                        <p class="muted">waited {formatSeconds(side.wait_s)}</p>
                      </>
                    )}
                  </td>
                ))}
                <td>
                  {wait_difference_s === undefined
                    ? "–"
                    : `${wait_difference_s > 0 ? "+" : ""}${formatSeconds(wait_difference_s)}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
