// The whole way of a COE, as somebody who has just started the demo goes it: a review
// is pasted, completed until the checker is content, reviewed and approved; its action's
// owner gets a message in Slack whose button works, and the weekly page lists it.
// On a desk and on a phone.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertNoSidewaysScroll, assertQuiet, launch, open, shoot } from "./browser.mjs";
import { signIn, start } from "./server.mjs";

const review = `# Orders could not be placed for 40 minutes

Severity: 3
All times Europe/Berlin.

## Summary

On 17 March 2026, from 14:02 to 14:42, 1,900 of 2,000 orders failed, because a release carried a wrong address of the payment service. The address comes from the registry from now on.

## Timeline

- 2026-03-17 14:00 Release 41 goes out with a wrong address
- 2026-03-17 14:02 Impact starts: orders begin to fail
- 2026-03-17 14:08 Detected: the alarm on order rate fires
- 2026-03-17 14:10 Engaged: the shop on-call joins
- 2026-03-17 14:20 Mitigation starts: the rollback begins
- 2026-03-17 14:40 Mitigated: orders go through again
- 2026-03-17 14:42 Resolved: release 40 runs everywhere

## Lessons learned

- An address that is typed by hand will be typed wrong.

## Action items

- Take the address from the registry at start
`;

for (const shape of [
  { width: 1280, scheme: "light" },
  { width: 390, scheme: "dark" },
]) {
  describe(`journey at ${shape.width}`, () => {
    let browser, server, page, coe;

    before(async () => {
      [browser, server] = await Promise.all([launch(), start()]);
      page = await open(browser, shape);
      await signIn(page, server.link);
    });
    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    const at = (path) => page.goto(server.base + path);
    const says = async (selector, text) => assert.match(await page.locator(selector).first().innerText(), text);

    async function looksRight(name) {
      await shoot(page, `journey ${shape.width} ${name}`);
      assertQuiet(page);
      await assertNoSidewaysScroll(page);
      await assertAccessible(page);
    }

    // Does something that sends a form, and waits for the page it is answered with.
    async function submits(deed) {
      const loaded = page.waitForEvent("load");
      await deed();
      await loaded;
    }
    const presses = (name, root = page) => submits(() => root.getByRole("button", { name, exact: true }).first().click());

    test("a pasted review is shown as it was understood, then stored as a draft", async () => {
      await at("/import");
      await looksRight("1 import");
      await page.locator("#f-text").fill(review);
      await presses("Show what is understood");
      await says("main", /14:02/);
      assert.equal(await page.locator("input[name=take]").count(), 7);
      await looksRight("2 preview");
      await presses("Store as a draft");
      coe = page.url().match(/\/coes\/\d+/)[0];
      await at(coe);
      await says("h1", /Orders could not be placed/);
      assert.equal(await page.locator("#s3 tbody tr[id^=e-]").count(), 7);
      await looksRight("3 draft");
    });

    test("what the checker asks for is filled in", async () => {
      await at(`${coe}/edit/impact`);
      await page.locator("#add-what").fill("Orders");
      await page.locator("#add-affected").fill("1,900");
      await page.locator("#add-total").fill("2,000");
      await presses("Add what failed");
      await at(`${coe}/edit/impact`);
      await page.locator("#md").fill("Customers could not place orders in the shop.");
      await presses("Save");
      await looksRight("4 impact");

      await at(`${coe}/edit/questions`);
      await page.locator("textarea[name='D1.text']").fill("Impact began at 14:02; the alarm fired at 14:08.");
      await presses("Save all answers");
      await looksRight("5 questions");

      await at(`${coe}/edit/actions`);
      const row = page.locator(".acts [data-row]").first();
      await row.locator("summary", { hasText: "Give it an owner" }).click();
      await row.locator("select[name=to]").selectOption({ label: "Ana Ruiz" });
      await presses("Give it an owner", row);
      await at(`${coe}/edit/actions`);
      await row.locator("summary", { hasText: /date/ }).first().click();
      await row.locator("input[name=due]").fill("fri");
      await submits(() => row.locator("form[action$='/move'] button").click());
      await at(`${coe}/edit/actions`);
      await row.locator("summary", { hasText: /^\s*Edit/ }).click();
      await row.locator("select[name=priority]").selectOption("P2");
      await row.locator("select[name=type]").selectOption("prevent");
      await row.locator("textarea[name=criterion]").fill("A release without an address fails at start");
      await submits(() => row.locator("form[action$='/edit'] button").click());
      await says(".acts [data-row]", /Ana Ruiz/);
      await looksRight("6 actions");

      await at(`${coe}/edit/whys`);
      await page.locator("#add-happened-text").fill("Because the address is typed by hand in each release");
      await submits(() => page.locator("form.nd:has(#add-happened-text) button[value=save]").click());
      const why = page.locator("form.nd").first();
      await why.locator("summary").click();
      await why.locator("select[name=link]").selectOption({ index: 1 });
      await presses("Link it", why);
      await says(".ready", /1 leaf/);
      await looksRight("7 whys");

      await at(`${coe}/edit/header`);
      await page.locator("#header-none_trigger").fill("The release is the cause; nothing else set it off");
      await page.locator("#header-add_person").selectOption({ label: "Ruth Abebe, reviewer" });
      await page.locator("#header-add_role").selectOption("reviewer");
      await presses("Save the header");
      await looksRight("8 header");

      await at(`${coe}/check`);
      assert.equal(await page.getByText("Blocks review").count(), 0, await page.locator("main").innerText());
      await looksRight("9 checker");
    });

    test("the owner asks for review and a reviewer approves", async () => {
      await at(coe);
      await presses("Ask for review");
      await says(".eyebrow", /In review/);
      await looksRight("10 in review");
      await at("/weekly");
      await says("main", /Orders could not be placed/);
      await looksRight("11 weekly");

      await at("/people");
      const people = await page.locator("main a", { hasText: "Ruth Abebe" }).getAttribute("href");
      await at(people);
      await presses("Make a sign-in link");
      const link = await page.locator("main code").first().innerText();
      const ruth = await open(browser, shape);
      await signIn(ruth, link);
      await ruth.goto(server.base + coe);
      const loaded = ruth.waitForEvent("load");
      await ruth.getByRole("button", { name: "Approve", exact: true }).click();
      await loaded;
      assert.match(await ruth.locator(".eyebrow").first().innerText(), /Approved/);
      await ruth.context().close();
      await at(coe);
      await says(".eyebrow", /Approved/);
    });

    test("the action's owner gets one message, and Done in it counts", async () => {
      await at("/coes");
      await presses("Next working morning");
      await page.goto(server.slack);
      await page.getByText("Take the address from the registry at start").first().waitFor();
      await looksRight("12 slack");
      const messages = await (await page.request.get(`${server.slack}/_fake/messages`)).json();
      const mine = messages.filter((m) => JSON.stringify(m.blocks).includes("Take the address from the registry"));
      assert.equal(mine.length, 1, "one message names the action");
      const done = mine[0].blocks.flatMap((b) => b.elements ?? []).filter((e) => e.action_id === "action_done");
      const before = mine[0].blocks.findIndex((b) => JSON.stringify(b).includes("Take the address"));
      const button = mine[0].blocks.slice(before).find((b) => b.type === "actions");
      assert.ok(done.length > 0 && button);
      const pressed = await page.request.post(`${server.slack}/_fake/press`, {
        data: { channel: mine[0].channel, ts: mine[0].ts, action_id: "action_done", block_id: button.block_id, user: mine[0].user },
      });
      assert.equal((await pressed.json()).status, 200);
      assert.deepEqual(await (await page.request.get(`${server.slack}/_fake/problems`)).json(), []);
      await at(`${coe}/edit/actions`);
      await says(".acts [data-row]", /waits for proof/);
      await looksRight("13 claimed");
    });
  });
}
