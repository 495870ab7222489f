import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openFolderSource, openSource, readNamed } from "../../src/source/index.js";
import { type SourceUnderTest, conversationOf, describeSource } from "./source-contract.js";

async function makeFolder(): Promise<SourceUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "talktrace-source-"));
  const directory = join(folder, "conversations");
  await mkdir(directory);
  const pathOf = (name: string): string => join(directory, `${name}.json`);
  const putText = async (name: string, text: string): Promise<void> => {
    await writeFile(join(folder, "new"), text);
    await rename(join(folder, "new"), pathOf(name));
  };
  return {
    source: openFolderSource(directory),
    put: (name, conversation) => putText(name, JSON.stringify(conversation)),
    putGarbage: (name) => putText(name, '{"conversation": 7'),
    remove: (name) => rm(pathOf(name)),
    async breakPlace() {
      await rm(directory, { recursive: true });
      await writeFile(directory, "no folder");
    },
    clear: () => rm(folder, { recursive: true }),
  };
}

describeSource("folder", makeFolder);

let place: SourceUnderTest;
beforeEach(async () => {
  place = await makeFolder();
});
afterEach(() => place.clear());

const NAME = "conversation_20260101_090000";
const call = conversationOf("2026-01-01T09:00:00.000000+00:00", "hello");

it("openSource() takes a folder's path and its file: URL", async () => {
  await place.put(NAME, call);
  for (const address of [place.source.name, pathToFileURL(place.source.name).href])
    expect(await openSource(address).list()).toEqual([
      { name: NAME, modifiedAt: expect.any(Date) as Date },
    ]);
});

it("openSource() refuses an address that no source has, and says what may be given", () => {
  expect(() => openSource("gopher://calls/1")).toThrow(
    "Cannot read conversations from a gopher address: there is no source for gopher addresses; give a folder",
  );
});

it("readNamed() takes a name in the source, and the path of any file", async () => {
  await place.put(NAME, call);
  const { source } = place;
  const path = join(source.name, `${NAME}.json`);
  for (const given of [NAME, path])
    expect(await readNamed(source, given)).toEqual({ name: given, conversation: call });
  await expect(readNamed(source, "nobody")).rejects.toThrow(/nobody.*there is no such file/);
});

it("a folder that is made later is watched from then on", async () => {
  const directory = join(place.source.name, "later");
  const source = openFolderSource(directory);
  const told = new Promise<void>((resolve) => {
    const end = source.watch?.(() => {
      end?.();
      resolve();
    });
  });
  await mkdir(directory);
  await writeFile(join(directory, `${NAME}.json`), JSON.stringify(call));
  await told;
  expect(await source.list()).toHaveLength(1);
});

it("the folder gives the newest call first, though a recovery changed an older one since", async () => {
  const { source, put } = place;
  const [first, second, third] = [NAME, `${NAME}_2`, `${NAME}_10`];
  for (const name of [third, second, first]) await put(name, call);
  await put("imported-today", call);
  expect((await source.list()).map(({ name }) => name)).toEqual([
    third,
    second,
    first,
    "imported-today",
  ]);
});
