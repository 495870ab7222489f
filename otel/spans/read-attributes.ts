import type { Attributes } from "@opentelemetry/api";

/** A text, or `undefined` where the attribute is missing or of another type. */
export function text(attributes: Attributes, key: string): string | undefined {
  const value = attributes[key];
  return typeof value === "string" ? value : undefined;
}

/** A number, or `undefined` where the attribute is missing or of another type. */
export function number(attributes: Attributes, key: string): number | undefined {
  const value = attributes[key];
  return typeof value === "number" ? value : undefined;
}

/** @throws {TypeError} where there is no such text */
export function need(attributes: Attributes, key: string): string {
  const value = text(attributes, key);
  if (value === undefined) throw new TypeError(`Cannot read span: attribute "${key}" is missing`);
  return value;
}

/** An object with the key, or an empty one if there is no value. */
export function present<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}
