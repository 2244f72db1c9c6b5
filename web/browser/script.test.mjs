// The script's behaviour, on small pages under the real Content-Security-Policy.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, launch, open } from "./browser.mjs";
import { document, serve } from "./fixture.mjs";

describe("script", () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());

  async function show(t, routes) {
    const site = await serve(t, routes);
    const page = await open(browser);
    t.after(() => page.context().close());
    await page.goto(`${site.base}/`);
    return { page, site };
  }

  test("keys press, focus and move, but not while typing", async (t) => {
    const main = `<nav class="outline" aria-label="Sections"><a href="#s3"><span>3</span><span>Timeline</span></a><a href="#s10"><span>10</span><span>Sharing</span></a></nav>
<button data-key="e" data-key-label="edit" type="button">Edit</button><a data-key="n" href="/new">New COE</a>
<ul><li data-row><a href="/1">One</a></li><li data-row><a href="/2">Two</a></li></ul><label>Note <input id="note"></label><section id="s3"><h2>3</h2></section><section id="s10"><h2>10</h2></section>`;
    const { page, site } = await show(t, { "GET /": document(main), "GET /new": document("new") });
    const focused = () => page.evaluate(() => globalThis.document.activeElement.textContent || globalThis.document.activeElement.id);

    await page.keyboard.press("/");
    assert.equal(await focused(), "q");
    await page.keyboard.type("nje?");
    assert.equal(await page.inputValue("#q"), "nje?");
    assert.equal(await page.locator("dialog").count(), 0);
    await page.locator("#q").blur();

    await page.keyboard.press("j");
    assert.equal(await focused(), "One");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    assert.equal(await focused(), "Two");
    await page.keyboard.press("k");
    assert.equal(await focused(), "One");

    await page.keyboard.type("g3");
    await page.waitForURL(/#s3$/);
    await page.keyboard.type("g10");
    await page.waitForURL(/#s10$/);

    await page.keyboard.press("Control+e");
    await page.keyboard.press("n");
    await page.waitForURL(`${site.base}/new`);
    assertQuiet(page);
  });

  test("the list of keys names this page's keys and switches them off", async (t) => {
    const main = `<button data-key="e" type="button" id="edit">Edit this part</button><p data-key-note="Alt ↑">move a cause up</p>`;
    const keys = `<p class="keys"><span><kbd>Ctrl S</kbd> name a revision</span><span><kbd>?</kbd> all keys</span></p>`;
    const { page } = await show(t, { "GET /": document(main, { keys }) });
    assert.equal(await page.getByText("all keys").count(), 1);
    await page.evaluate(() => {
      globalThis.pressed = 0;
      globalThis.document.querySelector("#edit").addEventListener("click", () => globalThis.pressed++);
    });
    await page.keyboard.press("?");
    const sheet = page.getByRole("dialog", { name: "Keys of this page" });
    assert.deepEqual(await sheet.locator("dt").allTextContents(), ["e", "Alt ↑", "Ctrl S", "/", "?"]);
    assert.deepEqual(await sheet.locator("dd").allTextContents(), ["Edit this part", "move a cause up", "name a revision", "search", "show these keys"]);
    await assertAccessible(page);
    await sheet.getByRole("checkbox").uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.press("e");
    assert.equal(await page.evaluate("globalThis.pressed"), 0);

    await page.reload();
    await page.keyboard.press("?");
    assert.equal(await page.locator("dialog").count(), 0, "switched off stays off after a reload");
    await page.getByRole("button", { name: "all keys" }).click();
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Close" }).click();
    await page.keyboard.press("?");
    assert.equal(await page.locator("dialog[open]").count(), 1);
    assertQuiet(page);
  });

  test("pointing at one mark of a moment lights the others", async (t) => {
    const main = `<svg class="fig" height="40" role="img" aria-label="Figure"><g data-mark="1 2" tabindex="0"><rect class="bub" width="20" height="20"/></g></svg>
<table><tbody><tr data-mark="1"><td>first</td></tr><tr data-mark="2"><td>second</td></tr><tr data-mark="3"><td>third</td></tr></tbody></table>`;
    const { page } = await show(t, { "GET /": document(main) });
    const lit = () => page.locator("tr.lit").allTextContents();
    await page.locator("rect").hover();
    assert.deepEqual(await lit(), ["first", "second"]);
    await page.locator("tr").nth(2).hover();
    assert.deepEqual(await lit(), ["third"]);
    await page.locator("tr").nth(1).hover();
    assert.equal(await page.locator("g.lit").count(), 1);
    await page.locator("h1").hover();
    assert.deepEqual(await lit(), []);
    await page.locator("g").focus();
    assert.deepEqual(await lit(), ["first", "second"]);
    await page.locator("g").blur();
    assert.deepEqual(await lit(), []);
    assertQuiet(page);
  });

  test("a typed line is echoed after a pause, with its form's fields", async (t) => {
    const main = `<form class="entry" method="post" action="/save"><input type="hidden" name="version" value="7"><label class="vh" for="en">New entry</label>
<input id="en" name="line" data-echo="/echo" autocomplete="off"><p class="under"><span data-echo-out></span><button type="submit" class="plain">Save</button></p></form>`;
    const { page, site } = await show(t, { "GET /": document(main), "POST /echo": (form) => `<span>Understood: <b>${form.get("line").slice(0, 5)}</b></span>` });
    await page.locator("#en").pressSequentially("14:02 Rollback started", { delay: 5 });
    await page.getByText("Understood: 14:02").waitFor();
    const echoes = site.asked.filter((a) => a.path === "/echo");
    assert.equal(echoes.at(-1).form.line, "14:02 Rollback started");
    assert.equal(echoes.at(-1).form.version, "7");
    assert.ok(echoes.length < 10, `${echoes.length} requests for 22 letters`);
    assert.equal(await page.getByRole("button", { name: "Save" }).count(), 1);
    assertQuiet(page);
  });

  test("a partial answer replaces its target, also one that refuses a field", async (t) => {
    const main = `<form hx-post="/part" hx-target="#here" hx-swap="outerHTML"><label>Text <input name="t" value="a"></label><button>Send</button></form><div id="here">before</div>`;
    let status = 422;
    const { page } = await show(t, { "GET /": document(main), "POST /part": () => ({ status, body: `<div id="here">answer ${status}</div>` }) });
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("answer 422").waitFor();
    assert.equal(page.problems.splice(0).length, 1, "the browser itself logs the 422");
    status = 200;
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("answer 200").waitFor();
    status = 500;
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("The server could not do that.").waitFor();
    assert.equal(await page.locator("#here").textContent(), "answer 200", "an error page must not replace a part");
    page.problems.splice(0);
  });

  test("evaluated code in attributes is refused", async (t) => {
    const main = `<button hx-get="/part" hx-trigger="click[globalThis.ran=1]" hx-target="#here">Try</button><div id="here">before</div>`;
    const { page } = await show(t, { "GET /": document(main), "GET /part": "after" });
    await page.getByRole("button", { name: "Try" }).click({ noWaitAfter: true });
    assert.equal(await page.evaluate("globalThis.ran"), undefined);
    assert.equal(await page.locator("#here").textContent(), "before");
    assert.match(page.problems.join(), /evaluated code in attributes is switched off/);
  });

  const form = (value = "stored") =>
    `<form method="post" action="/save" data-draft="coe-17-impact"><label for="md">Impact</label><textarea id="md" name="text">\n${value}</textarea><button>Save</button></form>`;

  test("typed text survives a crash of the page and is offered again", async (t) => {
    const { page, site } = await show(t, { "GET /": document(form()) });
    await page.locator("#md").fill("typed, not saved");
    assert.match(await page.locator(".save").textContent(), /Not saved yet/);
    const again = await page.context().newPage();
    await page.close({ runBeforeUnload: false });
    await again.goto(`${site.base}/`);
    await again.getByText("was not saved").waitFor();
    assert.equal(await again.inputValue("#md"), "stored");
    await again.getByRole("button", { name: "Put it back" }).click();
    assert.equal(await again.inputValue("#md"), "typed, not saved");
    assert.equal(await again.getByText("was not saved").count(), 0);
    await again.close({ runBeforeUnload: false });
  });

  test("a post answered by a redirect confirms the draft; one that failed does not", async (t) => {
    let answer = { status: 500, body: document("<p>It did not work.</p>") };
    let stored = "stored";
    const { page, site } = await show(t, {
      "GET /": () => document(form(stored)),
      "POST /save": () => answer,
      "GET /read": document("<p>Read it here.</p>"),
    });
    await page.locator("#md").fill("second try");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("It did not work.").waitFor();
    await page.goto(`${site.base}/`);
    await page.getByText("was not saved").waitFor();
    await page.getByRole("button", { name: "Put it back" }).click();

    answer = { status: 303, headers: { Location: "/read" }, body: "" };
    stored = "changed by somebody else";
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Read it here.").waitFor();
    await page.goto(`${site.base}/`);
    assert.equal(await page.inputValue("#md"), "changed by somebody else");
    assert.equal(await page.getByText("was not saved").count(), 0);
  });

  test("a draft that the server holds already is dropped silently", async (t) => {
    let stored = "stored";
    const { page, site } = await show(t, { "GET /": () => document(form(stored)) });
    await page.locator("#md").fill("same\nwords");
    stored = "same\nwords";
    page.on("dialog", (dialog) => dialog.accept());
    await page.goto(`${site.base}/`);
    assert.equal(await page.getByText("was not saved").count(), 0);
    assert.equal(await page.evaluate(() => localStorage.length), 0);
  });

  test("throwing a draft away forgets it; data-saved forgets it too", async (t) => {
    let extra = "";
    const { page, site } = await show(t, { "GET /": () => document(form() + extra) });
    page.on("dialog", (dialog) => dialog.accept());
    await page.locator("#md").fill("first");
    await page.goto(`${site.base}/`);
    await page.getByRole("button", { name: "Throw it away" }).click();
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    await page.locator("#md").fill("second");
    extra = `<p data-saved="coe-17-impact">Saved.</p>`;
    await page.goto(`${site.base}/`);
    assert.equal(await page.getByText("was not saved").count(), 0);
    assert.equal(await page.evaluate(() => localStorage.length), 0);
  });

  test("leaving asks only while something is unsent", async (t) => {
    const { page, site } = await show(t, { "GET /": document(form()), "GET /else": document("<p>Elsewhere</p>") });
    const questions = [];
    page.on("dialog", (dialog) => {
      questions.push(dialog.type());
      void dialog.accept();
    });
    await page.goto(`${site.base}/else`);
    await page.goto(`${site.base}/`);
    assert.deepEqual(questions, []);
    await page.locator("#md").pressSequentially("x");
    await page.goto(`${site.base}/else`);
    assert.deepEqual(questions, ["beforeunload"]);
  });

  test("a form sent in place says saved, or that it was not", async (t) => {
    let status = 200;
    const main = form().replace('method="post"', 'hx-post="/save" hx-target="#out" method="post"') + `<div id="out"></div>`;
    const { page } = await show(t, { "GET /": document(main), "POST /save": () => ({ status, body: "ok" }) });
    await page.locator("#md").fill("one");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText(/^Saved \d\d:\d\d:\d\d$/).waitFor();
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    status = 401;
    await page.locator("#md").fill("two");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("You are signed out.").waitFor();
    assert.match(await page.evaluate(() => Object.values(localStorage).join()), /two/);
    await page.close({ runBeforeUnload: false });
  });

  test("keys of the why tree press the row's own buttons", async (t) => {
    const row = (id, inner = "") =>
      `<li data-node="${id}"><form method="post" action="/why"><input type="hidden" name="node" value="${id}"><label class="vh" for="t${id}">Because</label><input id="t${id}" name="text" value="because ${id}">` +
      ["sibling", "child", "outdent", "up", "down", "action"].map((d) => `<button name="do" value="${d}" data-do="${d}"${id === "a" && d === "outdent" ? " disabled" : ""}>${d}</button>`).join("") +
      `</form>${inner}</li>`;
    const main = `<div data-tree><ul>${row("a", `<ul>${row("b")}</ul>`)}</ul></div>`;
    const { page, site } = await show(t, { "GET /": document(main), "POST /why": () => ({ status: 303, headers: { Location: "/" }, body: "" }) });
    const press = async (id, key) => {
      await page.locator(`#t${id}`).focus();
      await Promise.all([page.waitForEvent("load"), page.keyboard.press(key)]);
      const { form } = site.asked.filter((a) => a.path === "/why").at(-1);
      return `${form.node} ${form.do} ${form.text}`;
    };
    assert.equal(await press("a", "Enter"), "a sibling because a");
    assert.equal(await press("b", "Tab"), "b child because b");
    assert.equal(await press("b", "Shift+Tab"), "b outdent because b");
    assert.equal(await press("a", "Alt+ArrowUp"), "a up because a");
    assert.equal(await press("b", "Alt+ArrowDown"), "b down because b");
    assert.equal(await press("b", "Control+Enter"), "b action because b");

    const posts = () => site.asked.filter((a) => a.method === "POST").length;
    const before = posts();
    await page.locator("#ta").focus();
    await page.keyboard.press("Shift+Tab"); // disabled: the browser's own way
    assert.notEqual(await page.evaluate(() => globalThis.document.activeElement.id), "ta");
    await page.locator("#ta").focus();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => globalThis.document.activeElement.value), "sibling");
    assert.equal(posts(), before, "Escape, then Tab, leaves the field");
    assertQuiet(page);
  });

  test("copy buttons put the whole address on the clipboard", async (t) => {
    const { page, site } = await show(t, { "GET /": document(`<button type="button" data-copy="/coes/17#s3">Copy link</button><p hidden data-script>Shown by the script</p>`) });
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${site.base}/coes/17#s3`);
    assert.ok(await page.getByText("Shown by the script").isVisible());
    assertQuiet(page);
  });

  test("several lines pasted into a line go to its text area, one line stays", async (t) => {
    const main = `<form><label>Line <input id="new" data-paste="#pt"></label></form><details><summary>Paste</summary><form method="post" action="/paste"><label for="pt">Lines</label><textarea id="pt" name="text"></textarea></form></details>`;
    const { page, site } = await show(t, { "GET /": document(main), "POST /paste": document("preview") });
    const paste = (text) =>
      page.evaluate((text) => {
        const data = new globalThis.DataTransfer();
        data.setData("text/plain", text);
        const event = new globalThis.ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
        return globalThis.document.querySelector("#new").dispatchEvent(event);
      }, text);
    assert.equal(await paste("14:02 one line\n"), true, "one line is left to the browser");
    await paste("14:02 down\r\n14:09 up\r\n");
    await page.waitForURL(`${site.base}/paste`);
    assert.deepEqual(site.asked.filter((a) => a.path === "/paste").map((a) => a.form.text.replaceAll("\r\n", "\n")), ["14:02 down\n14:09 up\n"]);
    assertQuiet(page);
  });
});
