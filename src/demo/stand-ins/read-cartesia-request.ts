import { z } from "zod";

const voice = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("id"), id: z.uuid() }),
  z.strictObject({ mode: z.literal("embedding"), embedding: z.array(z.number()) }),
]);

const speech = {
  model_id: z.string().regex(/^sonic(-|$)/, "is no sonic model"),
  voice,
  output_format: z.strictObject({
    container: z.literal("raw"),
    encoding: z.literal("pcm_s16le"),
    sample_rate: z.literal([8000, 16000, 22050, 24000, 44100, 48000]),
  }),
  transcript: z.string(),
  language: z.string().optional(),
  generation_config: z.looseObject({}).optional(),
  pronunciation_dict_id: z.string().optional(),
};

const generation = z.strictObject({
  ...speech,
  context_id: z.string().min(1),
  continue: z.boolean().default(false),
  flush: z.boolean().default(false),
  add_timestamps: z.boolean().default(false),
  max_buffer_delay_ms: z.number().int().min(0).max(5000).optional(),
});

const cancellation = z.strictObject({ context_id: z.string().min(1), cancel: z.literal(true) });

const bytes = z.strictObject({ ...speech, max_buffer_delay_ms: z.number().optional() });

/** A piece of text to speak in a context. */
export type Generation = z.infer<typeof generation>;
export type CartesiaRequest = Generation | z.infer<typeof cancellation>;
export type BytesRequest = z.infer<typeof bytes>;

/** The fault of a request, and the context that it named. */
export interface BadRequest {
  error: string;
  context_id: string;
}

/** Reads a message of the websocket. */
export function readCartesiaRequest(text: string): CartesiaRequest | BadRequest {
  const body = parse(text);
  const isCancellation = typeof body === "object" && body !== null && "cancel" in body;
  return isCancellation ? check(cancellation, body) : check(generation, body);
}

/** Reads the body of `POST /tts/bytes`. */
export function readBytesRequest(text: string): BytesRequest | BadRequest {
  return check(bytes, parse(text));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function check<S extends z.ZodType>(schema: S, body: unknown): z.output<S> | BadRequest {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const where = issue?.path.join(".") ?? "";
  const context =
    typeof body === "object" && body !== null && "context_id" in body ? body.context_id : "";
  return {
    error: `Invalid request: ${where === "" ? "" : `"${where}": `}${issue?.message ?? "not JSON"}`,
    context_id: typeof context === "string" ? context : "",
  };
}
