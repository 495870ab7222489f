import { useEffect } from "preact/hooks";
import type { CallStatistics } from "../../insight/index.js";
import { addressWith, followLink, go, join, parameter } from "./address.js";
import { useAnswer } from "./answers.js";
import { count, formatSeconds, nameStage } from "./format.js";
import { QueryField } from "./query-field.js";
import { SeverityMark } from "./severity.js";
import { familyOf } from "./stage-family.js";
import { Loading } from "./states.js";
import { TrendChart } from "./trend-chart.js";

const GROUPINGS = [
  ["all", "not told apart"],
  ["agent", "agent"],
  ["llm", "LLM"],
  ["stt", "speech to text"],
  ["tts", "text to speech"],
  ["version", "version"],
  ["day", "day"],
  ["week", "week"],
  ["hour", "hour"],
] as const;

export function StatisticsView() {
  const query = parameter("q");
  const by = parameter("by") || "all";
  const { data, error } = useAnswer<CallStatistics>(
    join("/stats.json", { q: query, ...(by !== "all" && { by }) }),
  );
  useEffect(() => {
    document.title = "Statistics - TalkTrace";
  }, []);
  return (
    <div class="statistics">
      <h1>Statistics</h1>
      <div class="controls">
        <QueryField label="Which calls: since:7d agent:parcel_desk" error={error} />
        <label>
          Replies by{" "}
          <select
            value={by}
            onChange={(event) => go(addressWith({ by: event.currentTarget.value }), true)}
          >
            {GROUPINGS.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      {data === undefined && error === undefined && <Loading what="calls" />}
      {data !== undefined && data.calls === 0 && <p class="muted">No call fits.</p>}
      {data !== undefined && data.calls > 0 && <Figures data={data} query={query} />}
    </div>
  );
}

function Figures({ data, query }: { data: CallStatistics; query: string }) {
  const { e2e_s } = data;
  return (
    <>
      <dl class="cards">
        <Card name="calls" value={data.calls.toLocaleString("en")} />
        <Card name="replies with a wait" value={(e2e_s?.n ?? 0).toLocaleString("en")} />
        <Card name="median wait" value={formatSeconds(e2e_s?.p50)} />
        <Card
          name="P95"
          value={e2e_s?.p95 === undefined ? "too few replies" : formatSeconds(e2e_s.p95)}
        />
        <Card
          name="P99"
          value={e2e_s?.p99 === undefined ? "too few replies" : formatSeconds(e2e_s.p99)}
        />
        <Card name="replies cut off" value={data.interruptions.toLocaleString("en")} />
      </dl>
      <section>
        <h2>Wait for a reply, by day</h2>
        <TrendChart trend={data.trend} query={query} />
      </section>
      <Stages data={data} />
      <Findings data={data} query={query} />
    </>
  );
}

function Card({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Stages({ data }: { data: CallStatistics }) {
  return (
    <section>
      <h2>Where the wait goes: median of each stage</h2>
      {data.groups.map((group) => {
        const stages = Object.entries(group.stages_s);
        const most = Math.max(...stages.map(([, spread]) => spread.p50), 0.001);
        return (
          <table key={group.key} class="waterfall wide">
            <caption>
              <bdi>{group.key === "all" ? "All replies" : group.key}</bdi>: median{" "}
              {formatSeconds(group.e2e_s.p50)}, {count(group.e2e_s.n, "reply", "replies")}
            </caption>
            <tbody>
              {stages.map(([name, spread]) => (
                <tr key={name}>
                  <th scope="row">
                    <span class="family">{familyOf(name)}</span> {nameStage(name)}
                  </th>
                  <td class="figure">{formatSeconds(spread.p50)}</td>
                  <td class="bar">
                    <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                      <rect
                        class={familyOf(name)}
                        x={0}
                        y={0}
                        width={Math.max(0.5, (spread.p50 / most) * 100)}
                        height={10}
                      />
                    </svg>
                  </td>
                  <td class="muted figure">n {spread.n.toLocaleString("en")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        );
      })}
    </section>
  );
}

function Findings({ data, query }: { data: CallStatistics; query: string }) {
  if (data.findings.length === 0) return <p class="muted">✓ Nothing was found in these calls.</p>;
  const most = Math.max(...data.findings.map(({ per_100_calls }) => per_100_calls));
  return (
    <section>
      <h2>Findings per 100 calls</h2>
      <table class="waterfall wide">
        <tbody>
          {data.findings.map(({ rule, severity, per_100_calls, calls }) => (
            <tr key={rule}>
              <th scope="row">
                <SeverityMark severity={severity} />{" "}
                <a href={join("/", { q: `finding:${rule} ${query}`.trim() })} onClick={followLink}>
                  {rule.replaceAll("_", " ")}
                </a>
              </th>
              <td class="figure">{per_100_calls.toFixed(1)}</td>
              <td class="bar">
                <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                  <rect
                    class={`${severity}-fill`}
                    x={0}
                    y={0}
                    width={Math.max(0.5, (per_100_calls / most) * 100)}
                    height={10}
                  />
                </svg>
              </td>
              <td class="muted figure">{count(calls, "call")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
