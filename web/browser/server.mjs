// The program as a newcomer starts it: the demo in an empty folder, on free ports.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const binary = fileURLToPath(new URL("../../bin/coe", import.meta.url));
const patience = 120_000; // ten times what a busy machine takes

/** A Wednesday of the demo, so that words such as "tomorrow" are the same in every run. */
export const demoStart = "2026-03-18T08:55:00+01:00";

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

/**
 * Starts `coe serve --demo` and waits until it is ready. Gives base and slack (the
 * addresses of the server and of its stand-in for Slack), link (the printed sign-in
 * link), output() and stop().
 */
export async function start() {
  await access(binary).catch(() => {
    throw new Error("bin/coe is missing; run make build first");
  });
  const folder = await mkdtemp(join(tmpdir(), "coe-demo-"));
  const [port, fakePort] = await freePorts(2);
  const base = `http://127.0.0.1:${port}`;
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("COE_"));
  const child = spawn(binary, ["serve", "--demo", "--now", demoStart, "--fake-addr", `127.0.0.1:${fakePort}`], {
    env: { ...Object.fromEntries(inherited), COE_ADDR: `127.0.0.1:${port}`, COE_DATA: join(folder, "data"), COE_LOG: "warn" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = once(child, "exit");

  async function stop() {
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await ended;
      clearTimeout(timer);
    }
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await untilReady(base, child, () => output);
    const link = await until(() => output.match(/https?:\/\/\S+\/signin\/\S+/)?.[0], child, () => output);
    return { base, slack: `http://127.0.0.1:${fakePort}`, link, output: () => output, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilReady(base, child, output) {
  await until(async () => (await fetch(`${base}/readyz`).catch(() => null))?.ok, child, output);
}

async function until(found, child, output) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await found();
    if (value) return value;
    if (child.exitCode !== null) throw new Error(`coe ended with ${child.exitCode}:\n${output()}`);
    if (Date.now() > end) throw new Error(`coe is not ready after ${patience / 1000} s:\n${output()}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

/** Signs in with the printed link, as a person does: open it, press the button. */
export async function signIn(page, link) {
  await page.goto(link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/coes$/);
}
