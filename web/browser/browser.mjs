// One Chromium for a test file, pages in the shapes people use, and what every page
// has to fulfil: no accessibility finding, no console error, no sideways scroll.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { execFileSync } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const quiet = [
  "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** Window width and colour scheme; every page is looked at in all four. */
export const shapes = [1280, 390].flatMap((width) => ["light", "dark"].map((scheme) => ({ width, scheme, name: `${width} ${scheme}` })));

function chromiumPath() {
  return execFileSync("sh", ["-c", "command -v chromium || command -v chromium-browser"], { encoding: "utf8" }).trim();
}

/** Starts a browser; whoever calls it closes it. */
export function launch() {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: process.getuid?.() === 0 ? ["--no-sandbox", ...quiet] : quiet,
  });
}

/**
 * Opens an empty page in one of the shapes. Console errors, uncaught errors and
 * violations of the Content-Security-Policy are collected in page.problems.
 */
export async function open(browser, { width = 1280, scheme = "light", storageState } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    colorScheme: scheme,
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    hasTouch: width < 600,
    storageState,
  });
  // Scripts given this way run outside the page's own policy.
  await context.addInitScript({ content: await readFile(axeFile, "utf8") });
  const page = await context.newPage();
  page.problems = [];
  page.on("console", (message) => {
    if (message.type() === "error") page.problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => page.problems.push(`script: ${error.message}`));
  return page;
}

/** Fails unless axe finds nothing, by WCAG 2.2 A and AA and by best practice. */
export async function assertAccessible(page) {
  const found = await page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
    const result = await globalThis.axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
    return result.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(" | ")}`);
  });
  assert.deepEqual(found, [], `accessibility of ${page.url()}`);
}

/** Fails when the page can be scrolled sideways. */
export async function assertNoSidewaysScroll(page) {
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const over = document.documentElement.scrollWidth - width;
    if (over <= 0) return null;
    const culprits = [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > width + 1);
    return { over, culprits: culprits.slice(0, 5).map((e) => e.outerHTML.slice(0, 160)) };
  });
  assert.equal(wide, null, `${page.url()} scrolls sideways: ${JSON.stringify(wide)}`);
}

/** Fails when anything was logged as an error since the last call. */
export function assertQuiet(page) {
  const problems = page.problems.splice(0);
  assert.deepEqual(problems, [], `errors on ${page.url()}`);
}

/** Saves a picture when COE_SHOTS names a folder. */
export async function shoot(page, name) {
  const folder = process.env.COE_SHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  // The foot line sticks to the window, so the window is made as high as the page.
  const window = page.viewportSize();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: window.width, height: Math.min(Math.max(height, window.height), 12_000) });
  await page.screenshot({ path: join(folder, `${name.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "")}.png`) });
  await page.setViewportSize(window);
}
