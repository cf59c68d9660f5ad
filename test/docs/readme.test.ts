import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { runCurl } from "./run-curl.ts";

const root = join(import.meta.dirname, "..", "..");
const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");

describe("the curl commands of the README", () => {
  let network: TestNetwork;
  beforeAll(async () => {
    network = await startTestNetwork({ redisUrl: inject("redisUrl"), env: { TOKENHUB_AUTH: "open" } });
  });
  afterAll(() => network[Symbol.asyncDispose]());

  it("get a chat answer without any key, exactly as they are printed", async () => {
    const commands = curlCommandsOf(await read("README.md")).filter((command) =>
      command.includes("/v1/chat"),
    );
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const answer = await runCurl(command.replaceAll("http://127.0.0.1:8080", network.url));
      expect([command, answer.status]).toEqual([command, 200]);
      expect(JSON.parse(answer.body)).toMatchObject({
        object: "chat.completion",
        choices: [{ message: { role: "assistant", content: expect.stringMatching(/./) } }],
      });
    }
  });

  it("hand a request over as a job, exactly as they are printed", async () => {
    const commands = curlCommandsOf(await read("README.md")).filter((command) =>
      command.includes("/v1/jobs"),
    );
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const answer = await runCurl(command.replaceAll("http://127.0.0.1:8080", network.url));
      expect([command, answer.status]).toEqual([command, 202]);
      const { id } = JSON.parse(answer.body) as { readonly id: string };
      const ended = await fetch(`${network.url}/v1/jobs/${id}?wait=20`);
      expect(await ended.json()).toMatchObject({
        status: "succeeded",
        result: { body: { object: "response" } },
      });
    }
  });

  it("name no other place than the one this test replaces", async () => {
    for (const command of curlCommandsOf(await read("README.md")))
      expect(command).toContain("http://127.0.0.1:8080/");
  });
});

describe("links and paths", () => {
  it("every relative link in the documents leads to a file, and to a heading where it names one", async () => {
    const pages = [
      "README.md",
      "ARCHITECTURE.md",
      "CONTRIBUTING.md",
      "CHANGELOG.md",
      "SECURITY.md",
      "packages/README.md",
    ];
    // The list of requirements is written from test results and held against them by `npm run requirements`.
    for await (const page of glob("docs/**/*.md", { cwd: root }))
      if (page !== "docs/requirements.md") pages.push(page);
    expect(pages.length).toBeGreaterThan(10);
    const broken: string[] = [];
    let checked = 0;
    for (const page of pages) {
      for (const link of relativeLinksOf(await read(page))) {
        checked += 1;
        if (!(await leadsSomewhere(page, link))) broken.push(`${page}: ${link}`);
      }
    }
    expect(checked).toBeGreaterThan(10);
    expect(broken).toEqual([]);
  });

  it("every path of the sources that ARCHITECTURE.md names exists", async () => {
    const paths = sourcePathsOf(await read("ARCHITECTURE.md"));
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("every file that ARCHITECTURE.md names by its last parts exists in some package", async () => {
    const sources: string[] = [];
    for await (const file of glob("{apps,packages}/*/src/**/*.{ts,lua}", { cwd: root }))
      sources.push(`/${file}`);
    const named = codeOf(await read("ARCHITECTURE.md")).filter((code) =>
      /^[a-z][\w/-]*\.(?:ts|lua)$/.test(code),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !sources.some((file) => file.endsWith(`/${name}`)))).toEqual([]);
  });
});

/** Whole commands from fenced blocks, with lines that end in a backslash joined. */
function curlCommandsOf(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```(?:sh|bash)\n([^]*?)^```/gm)].map((match) => match[1] ?? "");
  return blocks
    .flatMap((block) => block.replaceAll(/\\\n\s*/g, "").split("\n"))
    .filter((line) => line.startsWith("curl "));
}

function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^```[^]*?^```/gm, "");
}

function relativeLinksOf(markdown: string): string[] {
  return [...withoutFences(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? "")
    .filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target));
}

async function leadsSomewhere(page: string, link: string): Promise<boolean> {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(root, target))) return false;
  return heading === undefined || headingsOf(await read(target)).includes(heading);
}

/** The anchors that the usual viewers give to headings. */
function headingsOf(markdown: string): string[] {
  return [...withoutFences(markdown).matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function codeOf(markdown: string): string[] {
  return [...withoutFences(markdown).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
}

function sourcePathsOf(markdown: string): string[] {
  return codeOf(markdown).filter((code) => /^(?:apps|packages)\/[\w./-]+$/.test(code));
}
