// The first quarter of an hour of somebody who has just started the demo: in one
// browser window, in the order a person would do it. Each step needs those before it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertNoSidewaysScroll, assertQuiet, launch, open, shoot } from "./browser.mjs";
import { signIn, start } from "./server.mjs";

describe("newcomer", () => {
  let browser, server, page, coe;

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
    await page.getByRole("textbox", { name: "Title" }).fill("Orders could not be placed for 40 minutes");
    await page.getByRole("textbox", { name: "Time zone of the document" }).fill("Europe/Berlin");
    await page.getByRole("textbox", { name: "Impact began" }).fill("17 Mar 2026 14:02");
    await page.getByRole("textbox", { name: "Impact ended" }).fill("17 Mar 2026 14:42");
    await page.getByRole("button", { name: "Create the draft" }).click();
    await page.waitForURL(/\/coes\/\d+/);
    coe = page.url().match(/\/coes\/\d+/)[0];
    await looksRight("4 created");
    assert.match(await page.textContent("main"), /is a draft now/);
  });

  // Three events, a why and an action without touching the mouse.
  test("the timeline is typed line by line, and each line is echoed", async () => {
    await page.goto(`${server.base}${coe}/edit/timeline`);
    const lines = [
      ["14:02 Checkout answers 500 for every order #impact", "14:02"],
      ["+6 Alarm orders-rate pages the on-call #detected:alarm", "14:08"],
      ["14:42 Rollback finished, orders go through #resolved", "14:42"],
    ];
    for (const [i, [line, time]] of lines.entries()) {
      await focusLine();
      await page.keyboard.type(line);
      await page.locator("[data-echo-out] b").filter({ hasText: time }).waitFor();
      await page.keyboard.press("Enter");
      await page.locator("tr[data-row]").nth(i).waitFor();
    }
    assert.deepEqual(await page.locator("tr[data-row] th").evaluateAll((cells) => cells.map((cell) => cell.textContent.match(/\d\d:\d\d/)[0])), ["14:02", "14:08", "14:42"]);
    await looksRight("5 timeline");
  });

  // A field with autofocus gets the focus a moment after the page has loaded; what
  // is typed before that is typed beside it.
  async function focusLine() {
    const focused = () => globalThis.document.activeElement?.id === "new";
    await page.locator("#new").waitFor();
    await page.waitForFunction(focused, undefined, { timeout: 2000 }).catch(() => page.keyboard.press("a"));
    await page.waitForFunction(focused);
  }

  test("a why is typed, and Tab asks one deeper", async () => {
    await page.goto(`${server.base}${coe}/edit/whys`);
    const first = page.locator("[data-tree] textarea").first();
    await first.fill("the release had a wrong address of the payment service");
    await submits(() => page.keyboard.press("Tab"));
    await page.waitForFunction(() => globalThis.document.activeElement?.matches("textarea") && globalThis.document.activeElement.value === "");
    await page.keyboard.type("the address is typed by hand in each release");
    await submits(() => page.keyboard.press("Enter"));
    const texts = await page.locator("[data-tree] textarea").evaluateAll((all) => all.map((t) => t.value).filter(Boolean));
    assert.deepEqual(texts, ["the release had a wrong address of the payment service", "the address is typed by hand in each release"]);
    await looksRight("6 whys");
  });

  test("an action is typed on one line", async () => {
    await page.goto(`${server.base}${coe}/edit/actions`);
    await focusLine();
    await page.keyboard.type("Take the address from the registry at start @ana.ruiz fri !p1");
    await page.locator("[data-echo-out] b").first().waitFor();
    await submits(() => page.keyboard.press("Enter"));
    assert.equal(await page.locator(".acts [data-row]").count(), 1);
    await looksRight("7 action");
  });

  // Does something that sends a form, and waits for the page it is answered with.
  async function submits(deed) {
    const loaded = page.waitForEvent("load");
    await deed();
    await loaded;
  }

  test("text is kept while the server is away, and saved when it is back", async () => {
    await page.goto(`${server.base}${coe}/edit/impact`);
    const field = page.locator("textarea[name=text]").first();
    await field.fill("1,900 of 2,000 orders failed.");
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Save", exact: true }).first().click({ noWaitAfter: true });
    await page.waitForURL("chrome-error://**").catch(() => {});
    await page.context().setOffline(false);
    page.problems.splice(0);
    await page.goto(`${server.base}${coe}/edit/impact`);
    await page.getByRole("button", { name: "Put it back" }).click();
    assert.equal(await field.inputValue(), "1,900 of 2,000 orders failed.");
    await submits(() => page.getByRole("button", { name: "Save", exact: true }).first().click());
    await page.goto(`${server.base}${coe}`);
    assert.match(await page.locator("#s2").textContent(), /1,900 of 2,000 orders failed\./);
    await page.goto(`${server.base}${coe}/edit/impact`);
    assert.equal(await page.getByRole("button", { name: "Put it back" }).count(), 0);
  });

  test("the checker says what is missing", async () => {
    await page.goto(`${server.base}${coe}/check`);
    assert.ok((await page.getByText("Blocks review").count()) > 0);
    await looksRight("8 checker");
  });

  test("my actions are listed, the new one among them", async () => {
    await page.getByRole("link", { name: "Actions", exact: true }).click();
    await page.waitForURL(/\/me\/actions$/);
    assert.equal(await page.getByText("Take the address from the registry at start").count(), 1);
    await looksRight("9 my actions");
  });

  test("the next working morning brings a reminder; Done in it asks for proof", async () => {
    await page.goto(`${server.base}/coes`);
    await submits(() => page.getByRole("button", { name: "Next working morning" }).click());
    assertQuiet(page);
    await page.goto(server.slack);
    await page.getByText("Take the address from the registry at start").first().waitFor();
    await looksRight("10 slack");
    assert.deepEqual(await (await page.request.get(`${server.slack}/_fake/problems`)).json(), []);
    await page.getByRole("button", { name: "Done" }).first().click();
    await page.locator(".sheet").waitFor();
    await looksRight("11 proof");
  });
});
