import { readdir } from "node:fs/promises";
import { describeFault, faultCode } from "../disk/fault.js";
import { StoreError } from "./store-error.js";

/** The names in a folder; empty if it does not exist. Rejects with a `StoreError`. */
export async function readFileNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (faultCode(error) === "ENOENT") return [];
    throw new StoreError(
      "UNREADABLE",
      `Cannot read folder "${directory}": ${describeFault(error)}`,
      error,
    );
  }
}
