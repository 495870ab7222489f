const WIDTH = 64;
const HEIGHT = 18;
const MOST_BARS = 16;

/** The last waits of a call as bars. The figures stand beside it, so it is decoration. */
export function Sparkline({ values }: { values: readonly number[] }) {
  const shown = values.slice(-MOST_BARS);
  const most = Math.max(2, ...shown);
  const step = WIDTH / MOST_BARS;
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      {shown.map((value, at) => {
        const height = Math.max(1.5, (value / most) * HEIGHT);
        return (
          <rect
            key={at}
            class={value >= 2 ? "slow" : ""}
            x={at * step}
            y={HEIGHT - height}
            width={step - 1}
            height={height}
          />
        );
      })}
    </svg>
  );
}
