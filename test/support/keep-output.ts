import type { Terminal } from "../../src/cli/terminal.js";

/** A terminal that keeps what is written. */
export function keepOutput(): Terminal & { out: string[]; err: string[] } {
  const [out, err]: [string[], string[]] = [[], []];
  return {
    out,
    err,
    columns: undefined,
    print: (text) => void out.push(text),
    printJson: (value) => void out.push(JSON.stringify(value)),
    printJsonLine: (value) => void out.push(JSON.stringify(value)),
    printData: (piece) => {
      out.push(typeof piece === "string" ? piece : Buffer.from(piece).toString("utf8"));
      return Promise.resolve();
    },
    report: (line) => void err.push(line),
    withoutSecrets: (text) => text,
    // Nobody sits at this terminal.
    confirm: () => Promise.resolve(undefined),
    reportBlock: (text) => void err.push(text),
    flush: () => Promise.resolve(),
  };
}
