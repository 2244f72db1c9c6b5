// A tiny server for pages written inside a test, under the same policy as the real
// ones, so that the script's behaviour is tested without the program.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The whole document around a piece of a page. */
export function document(main, { foot = "", keys = "" } = {}) {
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fixture</title><link rel="stylesheet" href="/static/style.css"><link rel="icon" href="/static/favicon.svg"><script src="/static/app.js" defer></script></head>
<body><header class="top"><nav aria-label="Main"><a href="/">Start</a></nav><form class="find" role="search" action="/search"><label class="vh" for="q">Search</label><input id="q" name="q" type="search"></form></header>
<main id="main"><h1>Fixture</h1>${main}</main><footer class="foot"><p class="save" role="status">${foot}</p>${keys}</footer></body></html>`;
}

function bodyOf(request) {
  return new Promise((resolve) => {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => resolve(new URLSearchParams(text)));
  });
}

/**
 * Serves routes { "GET /path": html or (form, request) => html or {status, headers, body} }
 * until the test ends; gives the base address and the list of what was asked.
 */
export async function serve(t, routes) {
  const asked = [];
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://fixture").pathname;
    response.setHeader("Content-Security-Policy", policy);
    response.setHeader("Referrer-Policy", "same-origin");
    if (path.startsWith("/static/")) {
      const types = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
      response.setHeader("Content-Type", types[path.split(".").pop()]);
      response.end(await readFile(new URL(`../static/${path.slice(8)}`, import.meta.url)));
      return;
    }
    const form = await bodyOf(request);
    const route = routes[`${request.method} ${path}`];
    asked.push({ method: request.method, path, form: Object.fromEntries(form) });
    const answer = typeof route === "function" ? route(form, request) : route;
    const { status = answer === undefined ? 404 : 200, headers = {}, body = answer ?? "" } = answer?.body !== undefined ? answer : {};
    response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", ...headers });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  server.keepAliveTimeout = 1;
  return { base: `http://127.0.0.1:${server.address().port}`, asked, server };
}
