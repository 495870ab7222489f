import { Option } from "commander";
import { type CallOutline, outlineCall } from "../../insight/index.js";
import { type CallSummaryText, toTimestamp } from "../../record/index.js";
import { changeSidecar } from "../../store/index.js";
import { readLlmSettings, summarizeWithLlm } from "../summarize-with-llm.js";
import { defineCommand } from "../run-command.js";
import { formatOutline } from "../text/call-outline.js";

interface SummaryOptions {
  call?: string;
  llm?: boolean;
  model?: string;
}

/** The outline of a call, with a language model's summary if one was ever asked for. */
export interface SummaryAnswer extends CallOutline {
  name: string;
  summary?: CallSummaryText;
}

export const summaryCommand = defineCommand<SummaryOptions, SummaryAnswer>({
  options: [
    new Option(
      "--llm",
      "send the transcript to the model behind LLM_BASE_URL, LLM_API_KEY and LLM_MODEL, and keep what it says in NAME.tags.json",
    ),
    new Option("--model <name>", "another model than LLM_MODEL"),
  ],
  readsSource: true,
  examples: ["talktrace summary --llm conversation_20260101_090000"],
  async answer(source, { call, llm, model }) {
    const { name, path, conversation } = await source.locate(call);
    const outline = outlineCall(conversation, source.config);
    if (llm !== true) {
      const summary = (await source.readSidecarOf(path))?.summary;
      return { name, ...outline, ...(summary !== undefined && { summary }) };
    }
    const settings = readLlmSettings(process.env, model);
    const text = await summarizeWithLlm(conversation, settings);
    const summary = { text, model: settings.model, at: toTimestamp(Date.now()) };
    await changeSidecar(path, (before) => ({ ...before, summary }));
    return { name, ...outline, summary };
  },
  toText: formatOutline,
});
