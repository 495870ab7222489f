/** The parameters of a client's request to `/v1/listen`. */
export interface ListenQuery {
  model: string;
  language: string;
  sampleRate: number;
  interimResults: boolean;
  vadEvents: boolean;
  /** Whether the transcript has punctuation and capitals. */
  formatted: boolean;
  utteranceEndMs: number | undefined;
}

const MODELS = ["nova-3", "nova-3-general", "nova-2", "nova-2-general"];
const LANGUAGES = ["multi", "en", "en-US", "en-IN", "hi"];
const SAMPLE_RATES = [8000, 16000, 24000, 32000, 44100, 48000];
const SWITCHES = [
  "punctuate",
  "smart_format",
  "dictation",
  "diarize",
  "numerals",
  "no_delay",
  "interim_results",
  "vad_events",
  "filler_words",
  "profanity_filter",
  "mip_opt_out",
];
/** Parameters that are accepted but have no effect here. */
const LISTS = ["keywords", "keyterm", "replace", "search", "redact"];
const VALUES = [
  "model",
  "language",
  "encoding",
  "sample_rate",
  "channels",
  "endpointing",
  "utterance_end_ms",
];

/** @returns the query, or the fault in it */
export function readListenQuery(query: URLSearchParams): ListenQuery | { error: string } {
  const known = [...SWITCHES, ...LISTS, ...VALUES];
  for (const name of query.keys()) {
    if (!known.includes(name)) return { error: `Unexpected query parameter "${name}"` };
  }
  for (const name of SWITCHES) {
    const value = query.get(name);
    if (value !== null && value !== "true" && value !== "false") {
      return { error: `Query parameter "${name}" must be true or false, not "${value}"` };
    }
  }
  const model = query.get("model") ?? "";
  if (!MODELS.includes(model)) return { error: `No such model "${model}"` };
  const language = query.get("language") ?? "en";
  if (!LANGUAGES.includes(language))
    return { error: `Model "${model}" has no language "${language}"` };
  const encoding = query.get("encoding") ?? "";
  if (encoding !== "linear16")
    return { error: `Unsupported encoding "${encoding}", expected "linear16"` };
  const sampleRate = Number(query.get("sample_rate"));
  if (!SAMPLE_RATES.includes(sampleRate)) {
    return { error: `Unsupported sample_rate "${query.get("sample_rate") ?? ""}"` };
  }
  if ((query.get("channels") ?? "1") !== "1") return { error: "Only one channel is supported" };
  const endpointing = query.get("endpointing");
  if (endpointing !== null && !/^(true|false|\d+)$/.test(endpointing)) {
    return {
      error: `Query parameter "endpointing" must be milliseconds or false, not "${endpointing}"`,
    };
  }
  const interimResults = query.get("interim_results") === "true";
  const utteranceEnd = query.get("utterance_end_ms");
  const utteranceEndMs = utteranceEnd === null ? undefined : Number(utteranceEnd);
  if (
    utteranceEndMs !== undefined &&
    !(Number.isInteger(utteranceEndMs) && utteranceEndMs >= 1000)
  ) {
    return {
      error: `Query parameter "utterance_end_ms" must be at least 1000, not "${utteranceEnd}"`,
    };
  }
  if (utteranceEndMs !== undefined && !interimResults) {
    return { error: 'Query parameter "utterance_end_ms" needs interim_results=true' };
  }
  return {
    model,
    language,
    sampleRate,
    interimResults,
    vadEvents: query.get("vad_events") === "true",
    formatted: query.get("punctuate") === "true" || query.get("smart_format") === "true",
    utteranceEndMs,
  };
}
