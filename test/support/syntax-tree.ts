import type { Argument, Expression, Program, TSModuleReference } from "@oxc-project/types";
import { parseSync } from "rolldown/utils";

export interface SyntaxTree {
  program: Program;
  /** The line of a position in the source, from 1. */
  lineAt: (position: number) => number;
}

/**
 * Parses a TypeScript module.
 *
 * @throws Error where the source cannot be parsed, because nothing would be found in it
 */
export function parseModule(source: string, fileName: string): SyntaxTree {
  const { program, errors } = parseSync(fileName, source, {
    lang: fileName.endsWith(".tsx") ? "tsx" : "ts",
    sourceType: "module",
  });
  const [error] = errors;
  if (error !== undefined) throw new Error(`${fileName} cannot be parsed: ${error.message}`);
  return {
    program,
    lineAt: (position) => source.slice(0, position).split("\n").length,
  };
}

/** The text of a string, or of a template without expressions; `undefined` for all else. */
export function readString(
  node: Expression | Argument | TSModuleReference | undefined,
): string | undefined {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type !== "TemplateLiteral" || node.expressions.length > 0) return undefined;
  return node.quasis[0]?.value.cooked ?? undefined;
}
