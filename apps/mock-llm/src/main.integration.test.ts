import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { compose } from "./compose.ts";

const mainPath = fileURLToPath(new URL("./main.ts", import.meta.url));

type Child = ChildProcessByStdio<null, Readable, Readable>;

function start(environment: Readonly<Record<string, string>>): Child {
  const env = { ...process.env, ...environment };
  return spawn(process.execPath, [mainPath], { env, stdio: ["ignore", "pipe", "pipe"] });
}

async function listeningUrl(child: Child): Promise<string> {
  for await (const line of createInterface({ input: child.stdout })) {
    return (JSON.parse(line) as { listening: string }).listening;
  }
  throw new Error("The process ended without a line.");
}

it.each(["SIGTERM", "SIGINT"] as const)(
  "prints where it listens, serves, and ends with 0 on %s",
  async (signal) => {
    const child = start({ TOKENHUB_MOCK_PORT: "0" });
    try {
      const url = await listeningUrl(child);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      const exited = once(child, "exit");
      child.kill(signal);
      expect(await exited).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
    }
  },
);

it.each([
  ["a taken port", "", /^Port \d+ on 127\.0\.0\.1 is taken by another program; .*\n$/],
  ["a port that is no number", "eighty", /^TOKENHUB_MOCK_PORT .*\n$/],
])("ends with 1 and one sentence on %s", async (_, port, sentence) => {
  await using mock = await compose({ port: 0 });
  const child = start({ TOKENHUB_MOCK_PORT: port === "" ? `${mock.port}` : port });
  try {
    const exited = once(child, "exit");
    expect(await text(child.stderr)).toMatch(sentence);
    expect(await exited).toEqual([1, null]);
  } finally {
    child.kill("SIGKILL");
  }
});
