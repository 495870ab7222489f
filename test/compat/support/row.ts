import { it } from "vitest";

/**
 * A row of `docs/compatibility.md`, as a test: `id` is the row's first column, `way` says what the
 * record has to hold. A test of the house keeps the page and the rows equal.
 */
export function row(id: string, way: string, holds: () => Promise<void>): void {
  it(`${id}: ${way}`, () => holds());
}
