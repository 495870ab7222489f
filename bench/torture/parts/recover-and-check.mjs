import { isBystander } from "./bystanders.mjs";
import { checkFolder, findLeftovers } from "./check-folder.mjs";
import { startChild } from "./child.mjs";

/** Recovers a folder in a new process. Returns what is wrong with the folder afterwards. */
export async function recoverAndCheck(directory, expected, bystanders) {
  const { code, errors } = await startChild("recoverer.mjs", { directory }).ended;
  const { failures } = await checkFolder(directory, {
    expected,
    ignores: isBystander,
    recovered: true,
  });
  const left = findLeftovers(directory).filter((name) => bystanders?.owns(name) !== true);
  return [
    ...(code === 0 ? [] : [`the recovery ended with ${code}: ${errors}`]),
    ...failures,
    ...left.map((name) => `left: ${name}`),
    ...(bystanders?.check(directory) ?? []),
  ];
}
