import type { WaitStage } from "../../insight/index.js";
import { formatSeconds, nameStage } from "./format.js";
import { familyOf } from "./stage-family.js";

const WIDTH = 120;
/** Waits of this length and more fill the bar. */
const FULL_S = 4;

/** A wait as one bar of its families. The figures stand beside it, so it is decoration. */
export function WaitBar({ stages }: { stages: readonly WaitStage[] }) {
  const first_s = stages[0]?.start_s ?? 0;
  const total_s = (stages.at(-1)?.end_s ?? 0) - first_s;
  const scale = WIDTH / Math.max(FULL_S, total_s);
  const width = Math.max(1, total_s * scale);
  return (
    <svg class="wait-bar" width={width} viewBox={`0 0 ${width} 10`} aria-hidden="true">
      {stages.map(({ name, start_s, end_s }) => (
        <rect
          key={`${name}-${start_s}`}
          class={familyOf(name)}
          x={(start_s - first_s) * scale}
          y={1}
          width={Math.max(0.5, (end_s - start_s) * scale - 0.5)}
          height={8}
        />
      ))}
    </svg>
  );
}

/** The stages of a wait, one row each: where its time went. */
export function Waterfall({ stages }: { stages: readonly WaitStage[] }) {
  const first_s = stages[0]?.start_s ?? 0;
  const total_s = (stages.at(-1)?.end_s ?? 0) - first_s;
  if (total_s <= 0) return null;
  return (
    <table class="waterfall">
      <caption class="unseen">Where the time of the wait went</caption>
      <tbody>
        {stages.map(({ name, start_s, end_s }) => (
          <tr key={`${name}-${start_s}`}>
            <th scope="row">
              <span class="family">{familyOf(name)}</span> {nameStage(name)}
            </th>
            <td class="figure">{formatSeconds(end_s - start_s)}</td>
            <td class="bar">
              <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                <rect
                  class={familyOf(name)}
                  x={((start_s - first_s) / total_s) * 100}
                  y={0}
                  width={Math.max(0.8, ((end_s - start_s) / total_s) * 100)}
                  height={10}
                />
              </svg>
            </td>
          </tr>
        ))}
        <tr class="sum">
          <th scope="row">sum</th>
          <td class="figure">{formatSeconds(total_s)}</td>
          <td />
        </tr>
      </tbody>
    </table>
  );
}
