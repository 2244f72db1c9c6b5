// Every page that can be reached by links, once for each kind of page, in all shapes:
// accessible, quiet, no sideways scroll, and no link that leads nowhere.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertNoSidewaysScroll, assertQuiet, launch, open, shapes, shoot } from "./browser.mjs";
import { signIn, start } from "./server.mjs";

// Kinds of pages that have to be reachable from the first page after signing in.
const expected = ["/coes", "/coes/new", "/coes/N", "/me", "/me/actions", "/people", "/teams", "/services", "/weekly", "/setup",
  "/experiments", "/experiments/new", "/experiments/N", "/experiments/N/edit", "/runs/N", "/deployments", "/deployments/N", "/alarms", "/alarms/N", "/evidence", "/coverage", "/sources", "/sources/N"];

/** "/coes/17/edit/impact?x=1" is one kind with "/coes/18/edit/impact". */
const kindOf = (path) => path.replace(/[?#].*$/, "").replace(/\/\d+(?=\/|$)/g, "/N").replace(/\/[0-9a-f-]{32,}/g, "/ID");

describe("pages", () => {
  let browser, server, storageState;
  const found = new Map(); // kind -> path of the first page of that kind
  const answers = new Map(); // kind of a link -> status

  before(async () => {
    [browser, server] = await Promise.all([launch(), start()]);
    const page = await open(browser);
    await signIn(page, server.link);
    storageState = await page.context().storageState();
    await crawl(page);
    await page.context().close();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  // The COE with the longest page stands for all where parts are edited; all are read.
  async function crawl(page) {
    await page.goto(`${server.base}/coes`);
    const coes = [...new Set((await linksOf(page)).filter((path) => /^\/coes\/\d+$/.test(path)))];
    const sizes = await Promise.all(coes.map(async (path) => (await (await page.request.get(server.base + path)).text()).length));
    const fullest = coes[sizes.indexOf(Math.max(...sizes))];
    for (const path of coes) if (path !== fullest) found.set(`${path} to read`, path);
    const queue = ["/coes", fullest];
    for (let path = queue.shift(); path; path = queue.shift()) {
      const kind = kindOf(path);
      if (answers.has(kind)) continue;
      const answer = await page.request.get(server.base + path, { maxRedirects: 0 });
      answers.set(kind, `${answer.status()} on ${path}`);
      if (answer.status() !== 200 || !answer.headers()["content-type"]?.startsWith("text/html")) continue;
      found.set(kind, path);
      await page.goto(server.base + path);
      queue.push(...(await linksOf(page)));
    }
  }

  async function linksOf(page) {
    const links = await page.locator("a[href]").evaluateAll((all) => all.map((a) => a.href));
    return links
      .filter((link) => link.startsWith(`${server.base}/`) && !link.includes("/signin"))
      .map((link) => link.slice(server.base.length).replace(/#.*$/, ""));
  }

  test("the expected pages are reachable by links", () => {
    assert.deepEqual(expected.filter((kind) => !found.has(kind)), [], `reached: ${[...found.keys()].join(" ")}`);
  });

  test("no link leads nowhere", () => {
    assert.deepEqual([...answers.values()].filter((answer) => !/^(200|30[1237]) /.test(answer)), []);
  });

  for (const shape of shapes) {
    test(`every page at ${shape.name}`, async (t) => {
      const page = await open(browser, { ...shape, storageState });
      t.after(() => page.context().close());
      for (const [kind, path] of found) {
        await t.test(kind, async () => {
          await page.goto(server.base + path);
          await look(page, `${kind} ${shape.name}`);
        });
      }
      await t.test("stand-in for Slack", async () => {
        await page.goto(server.slack);
        await look(page, `slack ${shape.name}`);
      });
    });

    test(`pages without a session at ${shape.name}`, async (t) => {
      const page = await open(browser, shape);
      t.after(() => page.context().close());
      for (const [name, path, status] of [["sign in", "/coes", 200], ["spent link", new URL(server.link).pathname, 200]]) {
        await t.test(name, async () => {
          assert.equal((await page.goto(server.base + path)).status(), status);
          assert.match(page.url(), /\/signin/);
          await look(page, `${name} ${shape.name}`);
        });
      }
    });

    test(`a page that does not exist at ${shape.name}`, async (t) => {
      const page = await open(browser, { ...shape, storageState });
      t.after(() => page.context().close());
      assert.equal((await page.goto(`${server.base}/coes/99999`)).status(), 404);
      page.problems = page.problems.filter((problem) => !/status of 404/.test(problem));
      await look(page, `not found ${shape.name}`);
    });
  }

  async function look(page, name) {
    await shoot(page, name);
    assertQuiet(page);
    await assertNoSidewaysScroll(page);
    await assertAccessible(page);
  }
});
