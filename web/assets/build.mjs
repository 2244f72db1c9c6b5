// Builds the script and the style sheet into a folder (default ../static).
// Same sources and lock file, same bytes: the output is committed and compared.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

export async function buildInto(folder) {
  await mkdir(folder, { recursive: true });
  const shared = { absWorkingDir: here, bundle: true, minify: true, charset: "utf8", legalComments: "none", logLevel: "warning" };
  await build({ ...shared, entryPoints: ["src/app.ts"], outfile: join(folder, "app.js"), format: "iife", target: "es2022" });
  await build({ ...shared, entryPoints: ["style.css"], outfile: join(folder, "style.css") });
  await copyFile(join(here, "favicon.svg"), join(folder, "favicon.svg"));
}

if (resolve(process.argv[1] ?? "") === fileURLToPath(import.meta.url)) {
  await buildInto(resolve(process.argv[2] ?? join(here, "../static")));
}
