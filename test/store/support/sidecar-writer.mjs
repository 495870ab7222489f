// Gives the conversation at a path tags of its own, one change each: `PATH PREFIX COUNT`.
import { changeSidecar } from "../../../dist/src/store/index.js";

const [path, prefix, count] = process.argv.slice(2);
for (let n = 1; n <= Number(count); n += 1) {
  await changeSidecar(path, (sidecar) => ({
    ...sidecar,
    tags: [...sidecar.tags, `${prefix}-${n}`],
  }));
  process.stdout.write(`${n}\n`);
}
