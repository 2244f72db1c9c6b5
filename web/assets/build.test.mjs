// The committed files are what the sources and the lock file give, byte for byte.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { buildInto } from "./build.mjs";

const committed = fileURLToPath(new URL("../static/", import.meta.url));

for (const name of ["app.js", "style.css", "favicon.svg"]) {
  test(`web/static/${name} is what the sources give`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "coe-assets-"));
    t.after(() => rm(folder, { recursive: true }));
    await buildInto(folder);
    const [fresh, kept] = await Promise.all([readFile(join(folder, name)), readFile(join(committed, name))]);
    assert.ok(fresh.equals(kept), `${name} differs; run make assets and commit it`);
  });
}

test("the lock file names no download address", async () => {
  const lock = await readFile(new URL("package-lock.json", import.meta.url), "utf8");
  assert.doesNotMatch(lock, /"resolved"|https?:\/\/registry/);
});
