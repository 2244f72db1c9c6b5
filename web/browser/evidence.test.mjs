// What tools said becomes part of COEs: a run that deviated and a rollback each open a
// COE with one click, and what is suggested to a COE is taken over with a tick.
// On a desk and on a phone.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertNoSidewaysScroll, assertQuiet, launch, open, shoot } from "./browser.mjs";
import { signIn, start } from "./server.mjs";

// What a deployer and an alarm sent on the day of the demo, in our own form.
const sent = (service) =>
  JSON.stringify({
    events: [
      { type: "deployment", source: "deployer", external_id: "b-1", service, state: "succeeded", started_at: "2026-03-17T12:50:00Z", ended_at: "2026-03-17T12:58:00Z", from_version: "40", version: "41", wave: "2", share: 0.2, bake_minutes: 10, trigger: "manual" },
      { type: "rollback", source: "deployer", external_id: "b-2", service, state: "succeeded", started_at: "2026-03-17T13:20:00Z", ended_at: "2026-03-17T13:29:00Z", from_version: "41", version: "40", rolls_back: "b-1", automatic: true, trigger: "alarm", alarms: ["browser-orders"] },
      { type: "alarm", source: "watcher", external_id: "browser-orders", title: "browser-orders", service, state: "alarm", started_at: "2026-03-17T13:06:00Z" },
      { type: "alarm", source: "watcher", external_id: "browser-orders", title: "browser-orders", service, state: "ok", started_at: "2026-03-17T13:06:00Z", ended_at: "2026-03-17T13:31:00Z" },
      { type: "experiment", source: "lab", external_id: "b-3", definition: "browser-zone", title: "Lose a zone of the shop", service, state: "completed", outcome: "deviated", started_at: "2026-03-17T09:00:00Z", ended_at: "2026-03-17T09:20:00Z", hypothesis: "Losing one zone | of three is not noticed", steady_state: [{ name: "orders", expected: "> 99 %", before: "99.9 %", after: "61 %", met: false }], faults: [{ action: "network:disrupt" }], guards: [{ kind: "alarm", name: "browser-orders" }], targets: [{ kind: "subnet", id: "subnet-1", zone: "eu-central-1a" }] },
    ],
  });

for (const shape of [
  { width: 1280, scheme: "light" },
  { width: 390, scheme: "dark" },
]) {
  describe(`evidence at ${shape.width}`, () => {
    let browser, server, page, service, coe;

    before(async () => {
      [browser, server] = await Promise.all([launch(), start()]);
      page = await open(browser, shape);
      await signIn(page, server.link);
      await at("/services");
      service = (await page.locator('a[href^="/services/"]').first().innerText()).trim();
      await at("/evidence");
      await page.locator("#dp").fill(sent(service));
      await submits(() => page.getByRole("button", { name: "Take these files" }).click());
    });
    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    const at = (path) => page.goto(server.base + path);
    const says = async (selector, text) => assert.match(await page.locator(selector).first().innerText(), text);
    const press = (name) => submits(() => page.getByRole("button", { name }).first().click());

    // Does something that sends a form, and waits for the page it is answered with.
    async function submits(deed) {
      const loaded = page.waitForEvent("load");
      await deed();
      await loaded;
    }

    async function looksRight(name) {
      await shoot(page, `evidence ${shape.width} ${name}`);
      assertQuiet(page);
      await assertNoSidewaysScroll(page);
      await assertAccessible(page);
    }

    test("a run that deviated opens a COE with one click", async () => {
      await at("/experiments");
      await page.getByRole("link", { name: /Lose a zone of the shop|browser-zone/ }).first().click();
      await page.waitForURL(/\/experiments\/\d+$/);
      await page.locator('main a[href^="/runs/"]').first().click();
      await page.waitForURL(/\/runs\/\d+$/);
      const run = new URL(page.url()).pathname;
      await press("Open a COE from this run");
      await says("h1", /Lose a zone of the shop” deviated/);
      await says("#s1", /Losing one zone \| of three is not noticed/);
      await says("#s1 table", /not met, before: 99\.9 %, after: 61 %/);
      await says("#s1", /network:disrupt/);
      await says("#s3", /Lose a zone of the shop/);
      await says("#s9", /revealed by/);
      await looksRight("1 from a run");
      const opened = page.url();
      await at(run);
      await press("Open a COE from this run");
      assert.equal(page.url(), opened);
      await says("main", /was opened from this already/);
    });

    test("a rollback opens a COE with one click", async () => {
      await at("/deployments");
      await page.locator("tr[data-row]", { hasText: service }).filter({ hasText: /^\s*Rollback/ }).getByRole("link").first().click();
      await page.waitForURL(/\/deployments\/\d+$/);
      await press(/Open a COE from this/);
      coe = new URL(page.url()).pathname;
      await says("h1", /was rolled back from 41 after the alarm browser-orders/);
      await says("#s1", /16 min from the deployment to the alarm/);
      await says("#s1", /14 min from the alarm to the rollback/);
      await says("#s9", /rolled back by/);
      await says("#s9", /caused by/);
      await looksRight("2 from a rollback");
      await at(`${coe}/edit/evidence`);
      await looksRight("3 its evidence");
      await at(`${coe}/edit/questions`);
      await says("main", /Which change was it, by pipeline or by hand\?/);
    });

    test("what is suggested is taken over with a tick", async () => {
      await at("/coes/new");
      await page.getByRole("textbox", { name: "Title" }).fill("Orders could not be placed for 25 minutes");
      await page.getByRole("textbox", { name: "Time zone of the document" }).fill("UTC");
      await page.getByRole("textbox", { name: "Impact began" }).fill("17 Mar 2026 13:02");
      await page.getByRole("textbox", { name: "Impact ended" }).fill("17 Mar 2026 13:30");
      const known = page.getByRole("checkbox", { name: service, exact: true });
      if (await known.count()) await known.check();
      await press("Create the draft");
      coe = page.url().match(/\/coes\/\d+/)[0];
      await at(coe);
      await page.getByRole("link", { name: /Look at (it|them)/ }).click();
      await page.waitForURL(/\/edit\/evidence$/);
      await says("#suggested", /12 min before impact began/);
      await says("#suggested", /Names the alarm browser-orders/);
      await looksRight("4 suggested");
      await page.getByRole("checkbox", { name: /^Deployment/ }).first().check();
      await page.getByRole("checkbox", { name: /Alarm browser-orders/ }).check();
      await press("Take over what is ticked");
      await says("#accepted", /Deployment/);
      await page.getByText("It does not belong here").first().click();
      await press(/Do not suggest it again/);
      await says("#dismissed", /Suggest it again/);
      await looksRight("5 taken over");
      await at(coe);
      await says("#s3", /browser-orders/);
      await says("#s9", /suspected: caused by/);
      await looksRight("6 read");
    });
  });
}
