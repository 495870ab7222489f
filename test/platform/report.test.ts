import { expect, test, vi } from "vitest";
import { writeToStderr } from "../../src/platform/report.js";

test("a reported line is one line on stderr that cannot steer a terminal, whatever is in it", () => {
  const write = vi.spyOn(console, "error").mockImplementation(() => undefined);
  try {
    writeToStderr('Cannot read "a\u001b[2Jb\u202ec": no\nsuch file');
    expect(write.mock.calls).toEqual([
      ["%s", 'talktrace: Cannot read "a\\u001b[2Jb\\u202ec": no such file'],
    ]);
  } finally {
    write.mockRestore();
  }
});
