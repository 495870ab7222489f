import type { TrendPoint } from "../../insight/index.js";
import { followLink, join } from "./address.js";
import { count, formatSeconds } from "./format.js";

const WIDTH = 720;
const HEIGHT = 180;
const LEFT = 40;
const BOTTOM = 24;
const TOP = 10;

/** The median and the P95 of each day. A day's point leads to its calls, and the table has the figures. */
export function TrendChart({ trend, query }: { trend: readonly TrendPoint[]; query: string }) {
  if (trend.length === 0) return <p class="muted">No wait has a date.</p>;
  const most = Math.max(...trend.map(({ p50, p95 }) => p95 ?? p50)) * 1.1 || 1;
  const step = (WIDTH - LEFT - 20) / Math.max(1, trend.length - 1);
  const x = (at: number): number =>
    trend.length === 1 ? LEFT + (WIDTH - LEFT) / 2 : LEFT + 10 + at * step;
  const y = (value: number): number => TOP + (1 - value / most) * (HEIGHT - TOP - BOTTOM);
  const lines = [
    { name: "median", of: "p50", kind: "p50" },
    { name: "P95", of: "p95", kind: "p95" },
  ] as const;
  const every = Math.ceil(trend.length / 8);
  return (
    <>
      <div class="chart">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
          {[0, 0.25, 0.5, 0.75, 1].map((share) => (
            <g key={share}>
              <line class="grid" x1={LEFT} x2={WIDTH} y1={y(most * share)} y2={y(most * share)} />
              <text x={LEFT - 6} y={y(most * share) + 4} text-anchor="end">
                {(most * share).toFixed(1)}
              </text>
            </g>
          ))}
          {lines.map(({ of, kind }) => {
            const points = trend.flatMap((point, at) => {
              const value = point[of];
              return value === undefined ? [] : [{ at, value, key: point.key }];
            });
            return (
              <g key={kind} class={kind}>
                <polyline
                  points={points.map(({ at, value }) => `${x(at)},${y(value)}`).join(" ")}
                />
                {points.map(({ at, value, key }) =>
                  kind === "p50" ? (
                    <circle key={key} cx={x(at)} cy={y(value)} r={3.5} />
                  ) : (
                    <rect key={key} x={x(at) - 3} y={y(value) - 3} width={6} height={6} />
                  ),
                )}
              </g>
            );
          })}
          {trend.map(({ key }, at) =>
            at % every === 0 ? (
              <text
                key={key}
                x={x(at)}
                y={HEIGHT - 6}
                text-anchor={at > 0 && at === trend.length - 1 ? "end" : "middle"}
              >
                {key.slice(5)}
              </text>
            ) : null,
          )}
        </svg>
      </div>
      <p class="legend muted">
        <span>
          <i class="p50-key" /> median
        </span>
        <span>
          <i class="p95-key" /> P95, from 20 replies on
        </span>
      </p>
      <details>
        <summary>The figures of each day</summary>
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">day</th>
              <th scope="col">replies</th>
              <th scope="col">median</th>
              <th scope="col">P95</th>
            </tr>
          </thead>
          <tbody>
            {trend.map(({ key, n, p50, p95 }) => (
              <tr key={key}>
                <th scope="row">
                  <a href={join("/", { q: callsOf(key, query) })} onClick={followLink}>
                    {key}
                  </a>
                </th>
                <td>{count(n, "reply", "replies")}</td>
                <td>{formatSeconds(p50)}</td>
                <td>{formatSeconds(p95)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

/** The query for the calls of a day. */
function callsOf(day: string, query: string): string {
  const next = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(next.getTime())) return query;
  next.setUTCDate(next.getUTCDate() + 1);
  return `since:${day} until:${next.toISOString().slice(0, 10)} ${query}`.trim();
}
