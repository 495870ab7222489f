import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type DocumentNode, evaluate, parse } from "@humanwhocodes/momoa";
import { Ajv, type ErrorObject } from "ajv";
import { nameNearest, readPackageFile } from "../record/index.js";
import type { TalkTraceConfig } from "./config.js";
import { type TextPlace, locateValue } from "./locate-value.js";
import { type CompiledConfig, makeRules } from "./make-rules.js";

const MAX_BYTES = 1024 * 1024;

/**
 * Reads a config: JSON, in which comments are allowed.
 *
 * @throws {Error} with the path and line of each fault
 */
export function readConfig(path: string): CompiledConfig {
  const shown = resolve(path);
  const fail = (facts: string[]): Error =>
    new Error(`Cannot use the config:\n${facts.map((fact) => `  ${fact}`).join("\n")}`);
  if (!existsSync(path)) throw fail([`${shown}: there is no such file`]);
  const { size } = statSync(path);
  if (size > MAX_BYTES) throw fail([`${shown}: it has ${size} bytes, and may have ${MAX_BYTES}`]);
  const text = readFileSync(path, "utf8").replace(/^\ufeff/, "");
  let document: DocumentNode;
  try {
    document = parse(text, { mode: "jsonc" });
  } catch (error) {
    const { message, line, column } = error as Error & TextPlace;
    // For a fault at the end of the text, the parser gives the place of the beginning.
    const place = /end of input/.test(message) ? placeOfEnd(text) : { line, column };
    throw fail([`${shown}:${place.line}:${place.column}: ${message.replace(/ \(\d+:\d+\)$/, "")}`]);
  }
  const facts: string[] = [];
  const tell = (pointer: string, fact: string): void => {
    const { line, column } = locateValue(document, pointer);
    facts.push(`${shown}:${line}:${column}: ${pointer === "" ? "the config" : pointer} ${fact}`);
  };
  const value: unknown = evaluate(document);
  const validate = new Ajv({
    strict: false,
    allErrors: true,
    verbose: true,
  }).compile<TalkTraceConfig>(JSON.parse(readPackageFile("docs/config.schema.json")));
  if (!validate(value)) {
    for (const error of validate.errors ?? []) describe(error, tell);
    throw fail(facts);
  }
  const compiled = makeRules(value, (pointer, fact) => tell(pointer, `cannot be used: ${fact}`));
  if (facts.length > 0) throw fail(facts);
  return compiled;
}

function placeOfEnd(text: string): TextPlace {
  const lines = text.split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

function describe(error: ErrorObject, tell: (pointer: string, fact: string) => void): void {
  const { instancePath, keyword, params, message = "does not fit" } = error;
  if (keyword === "additionalProperties") {
    const key = String(params["additionalProperty"]);
    const known = Object.keys((error.parentSchema?.["properties"] ?? {}) as object);
    tell(`${instancePath}/${key}`, `is no key that there is${nameNearest(key, known)}`);
  } else if (keyword === "enum")
    tell(instancePath, `has to be one of ${(params["allowedValues"] as string[]).join(", ")}`);
  else tell(instancePath, message);
}
