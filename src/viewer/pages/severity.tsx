import type { Severity } from "../../insight/index.js";

const SHAPES: Readonly<Record<Severity, string>> = { bad: "◆", warn: "▲", note: "●" };
const NAMES: Readonly<Record<Severity, string>> = { bad: "bad", warn: "warning", note: "note" };

/** Told by its shape as well as by its colour, and by a word for screen readers. */
export function SeverityMark({ severity }: { severity: Severity | undefined }) {
  if (severity === undefined)
    return (
      <span class="mark ok">
        <span aria-hidden="true">✓</span>
        <span class="unseen">nothing found</span>
      </span>
    );
  return (
    <span class={`mark ${severity}`}>
      <span aria-hidden="true">{SHAPES[severity]}</span>
      <span class="unseen">{NAMES[severity]}: </span>
    </span>
  );
}
