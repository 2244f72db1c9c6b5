// The first quarter of an hour of somebody who has just started the demo: in one
// browser window, in the order a person would do it. Each step needs those before it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertNoSidewaysScroll, assertQuiet, launch, open, shoot } from "./browser.mjs";
import { signIn, start } from "./server.mjs";

describe("newcomer", () => {
  let browser, server, page;

  before(async () => {
    [browser, server] = await Promise.all([launch(), start()]);
    page = await open(browser);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function looksRight(name) {
    await shoot(page, `newcomer ${name}`);
    assertQuiet(page);
    await assertNoSidewaysScroll(page);
    await assertAccessible(page);
  }

  test("the printed link signs in once", async () => {
    await signIn(page, server.link);
    await looksRight("1 first page");
    const answer = await page.request.post(`${server.base}/signin`, { form: { token: server.link.split("/").pop() }, maxRedirects: 0 });
    assert.equal(answer.status(), 410);
  });

  test("the list shows what there is, and j and Enter open a COE", async () => {
    assert.ok((await page.locator("tr[data-row]").count()) >= 3, "the demo has COEs");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/coes\/\d+$/);
    await looksRight("2 a COE");
  });

  test("g and a number go to a section, ? explains the keys", async () => {
    await page.keyboard.type("g3");
    await page.waitForURL(/#s3$/);
    await page.keyboard.press("?");
    const sheet = page.getByRole("dialog", { name: "Keys of this page" });
    assert.ok((await sheet.locator("dt").count()) >= 3);
    await page.keyboard.press("Escape");
  });

  test("a new COE is created from a title", async () => {
    await page.getByRole("link", { name: "New COE" }).click();
    await page.waitForURL(/\/coes\/new$/);
    await looksRight("3 new COE");
    await page.getByLabel("Title").fill("Orders could not be placed for 40 minutes");
    await page.locator("main form .go").click();
    await page.waitForURL(/\/coes\/\d+/);
    await looksRight("4 created");
    assert.match(await page.locator("main").textContent(), /Orders could not be placed/);
  });

  test("my actions are listed", async () => {
    await page.getByRole("link", { name: "Actions", exact: true }).click();
    await page.waitForURL(/\/me\/actions$/);
    await looksRight("5 my actions");
  });

  test("the next working morning brings reminders to the stand-in for Slack", async () => {
    await page.goto(`${server.base}/coes`);
    await page.getByRole("button", { name: "Next working morning" }).click();
    await page.waitForLoadState();
    assertQuiet(page);
    const messages = await (await page.request.get(`${server.slack}/_fake/messages`)).json();
    assert.ok(messages.length > 0, "no message came");
    assert.deepEqual(await (await page.request.get(`${server.slack}/_fake/problems`)).json(), []);
    await page.goto(server.slack);
    await looksRight("6 slack");
  });
});
