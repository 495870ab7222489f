import pc from "picocolors";
import type { Severity } from "../../insight/index.js";

/** The marks differ by shape as well as by colour. */
export const SEVERITY_MARKS: Record<Severity, { mark: string; style: (text: string) => string }> = {
  bad: { mark: "◆", style: pc.red },
  warn: { mark: "▲", style: pc.yellow },
  note: { mark: "●", style: pc.dim },
};
