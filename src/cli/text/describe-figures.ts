import type { ConversationSummary } from "../../insight/index.js";
import type { Metrics, ModelUsage } from "../../record/index.js";

/** The figures as lines for people. An unknown figure has no line. Pure. */
export function describeFigures({
  status,
  figures,
  unspoken,
  usage,
}: ConversationSummary): string[] {
  return [
    join([
      `${status}, ${figures.user_messages} user and ${figures.agent_messages} agent messages`,
      figures.turns !== undefined && `${figures.turns} turns`,
      figures.duration_s !== undefined && `${figures.duration_s.toFixed(1)} s`,
    ]),
    describeTalk(figures),
    join([
      `${figures.interruptions} cut off`,
      figures.yield_s !== undefined &&
        `the agent was silent ${figures.yield_s.median.toFixed(2)} s after the user began`,
      (figures.agent_interruptions ?? 0) > 0 &&
        `the agent cut in ${times(figures.agent_interruptions ?? 0)}`,
      (figures.backchannels ?? 0) > 0 && `${figures.backchannels} backchannels`,
      figures.overlap_s !== undefined && `${figures.overlap_s.toFixed(2)} s at once`,
      unspoken > 0 && `${unspoken} syntheses never heard`,
      (figures.unheard_words ?? 0) > 0 && `${figures.unheard_words} words never heard`,
    ]),
    ...usage.map(describeUsage),
  ].filter((line) => line !== "");
}

function describeTalk(figures: Metrics): string {
  const { silences, longest_monologue: monologue, agent_talk_ratio: ratio } = figures;
  return join([
    ratio !== undefined && `the agent spoke ${Math.round(ratio * 100)}% of the time`,
    figures.agent_words_per_minute !== undefined &&
      `${Math.round(figures.agent_words_per_minute)} words a minute`,
    figures.user_words_per_minute !== undefined &&
      `the user ${Math.round(figures.user_words_per_minute)}`,
    monologue !== undefined &&
      `longest monologue ${monologue.duration_s.toFixed(1)} s (${monologue.role})`,
    silences !== undefined &&
      silences.n > 0 &&
      `silent for over ${silences.longer_than_s} s ${times(silences.n)}, the longest ${silences.longest_s.toFixed(1)} s`,
  ]);
}

function describeUsage({ kind, provider, model, ...used }: ModelUsage): string {
  return join([
    `${kind} ${provider} ${model}`,
    used.input_tokens !== undefined &&
      `${used.input_tokens} tokens in${used.cached_input_tokens === undefined ? "" : ` (${used.cached_input_tokens} cached)`}`,
    used.output_tokens !== undefined && `${used.output_tokens} tokens out`,
    used.characters !== undefined && `${used.characters} characters`,
    used.audio_s !== undefined && `${used.audio_s.toFixed(1)} s of audio`,
  ]);
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function join(parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join("; ");
}
