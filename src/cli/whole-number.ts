import { InvalidArgumentError } from "commander";

/** @throws {InvalidArgumentError} if an option's value is no whole number from 1 */
export function parseWholeNumber(given: string): number {
  const number = Number(given);
  if (!/^\d+$/.test(given) || !Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError("It must be a whole number from 1.");
  return number;
}

/** @throws {InvalidArgumentError} if an option's value is no port */
export function parsePort(given: string): number {
  const port = Number(given);
  if (!/^\d+$/.test(given) || port > 65_535)
    throw new InvalidArgumentError("It must be a port from 0 to 65535.");
  return port;
}
