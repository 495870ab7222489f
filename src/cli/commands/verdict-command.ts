import type { CallVerdict } from "../../record/index.js";
import { changeSidecar } from "../../store/index.js";
import { defineCommand } from "../run-command.js";
import { type CallMarks, formatMarks } from "../text/call-marks.js";

interface VerdictOptions {
  call: string;
  verdict: CallVerdict | "none";
}

export const verdictCommand = defineCommand<VerdictOptions, CallMarks>({
  readsSource: true,
  examples: ["talktrace verdict conversation_20260101_090000 bad"],
  async answer(source, { call, verdict }) {
    const { name, path } = await source.locate(call);
    const sidecar = await changeSidecar(path, (before) => ({
      ...before,
      verdict: verdict === "none" ? null : verdict,
    }));
    return { name, sidecar };
  },
  toText: formatMarks,
});
