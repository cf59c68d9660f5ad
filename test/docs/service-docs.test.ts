import { productVariables } from "@tokenhub/config";
import { errorTable } from "@tokenhub/contracts";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const services = [
  "gateway",
  "orchestrator-worker",
  "router-worker",
  "provider-worker",
  "webhook-worker",
  "mock-llm",
] as const;

/** Text by path. */
async function readAll(pattern: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const path of glob(pattern, { cwd: root }))
    if (!path.includes(".test.")) texts.set(path, await readFile(join(root, path), "utf8"));
  return texts;
}
const joined = (texts: ReadonlyMap<string, string>): string => [...texts.values()].join("\n");
const namesIn = (text: string): string[] => [...new Set(text.match(/\bTOKENHUB_[A-Z_]+[A-Z]\b/g))];
const missingFrom = (known: readonly string[], wanted: readonly string[]): string[] =>
  wanted.filter((entry) => !known.includes(entry));

interface Row {
  readonly page: string;
  /** Without the marks of code. */
  readonly cells: readonly string[];
  /** What stands in backticks in the first cell. */
  readonly names: readonly string[];
}

function rowsOf(pages: ReadonlyMap<string, string>): Row[] {
  return [...pages].flatMap(([page, text]) =>
    [...text.matchAll(/^\|(.+)\|$/gm)].map(([, line = ""]) => {
      const cells = line.split("|").map((cell) => cell.trim());
      const names = [...(cells[0] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
      return { page, cells: cells.map((cell) => cell.replaceAll("`", "")), names };
    }),
  );
}

let configuration: Map<string, string>;
let failureModes: Map<string, string>;
let everything: Map<string, string>;
let sources: string;

beforeAll(async () => {
  configuration = await readAll("docs/services/*/configuration.md");
  failureModes = await readAll("docs/services/*/failure-modes.md");
  everything = new Map([...(await readAll("docs/services/**/*.md")), ...(await readAll("docs/*.md"))]);
  sources =
    joined(await readAll("{apps,packages}/*/src/**/*.ts")) + joined(await readAll("scripts/**/*.{ts,mjs}"));
});

it("every service has its three pages", () => {
  const expected = services.flatMap((service) =>
    ["configuration", "failure-modes", "overview"].map((page) => `docs/services/${service}/${page}.md`),
  );
  expect([...everything.keys()].filter((path) => path.startsWith("docs/services/")).toSorted()).toEqual(
    expected.toSorted(),
  );
});

describe("the configuration pages", () => {
  it("describe every variable of the product, with its default", () => {
    const rows = rowsOf(configuration);
    const undescribed = productVariables.filter(
      ({ name }) => !rows.some(({ names }) => names.includes(name)),
    );
    expect(undescribed.map(({ name }) => name)).toEqual([]);
    const wrongDefault = productVariables.filter(
      ({ name, defaultText }) =>
        defaultText !== "" &&
        !rows.some(
          ({ names, cells }) =>
            names.includes(name) && [cells[1], ...(cells[1]?.split(/[ ,]+/) ?? [])].includes(defaultText),
        ),
    );
    expect(wrongDefault.map(({ name }) => name)).toEqual([]);
  });

  it("describe every variable that a service's or the start command's code names", async () => {
    const described = rowsOf(configuration).flatMap(({ names }) => names);
    const inConfig = namesIn(joined(await readAll("apps/*/src/config.ts")));
    const inStart = namesIn(
      joined(await readAll("scripts/start/*.ts")) + joined(await readAll("scripts/start.*")),
    );
    expect(inConfig.length).toBeGreaterThan(10);
    expect(inStart.length).toBeGreaterThan(5);
    expect(missingFrom(described, [...inConfig, ...inStart])).toEqual([]);
  });

  it.each(services)("of the %s describes what its own config.ts names", async (service) => {
    const named = namesIn(joined(await readAll(`apps/${service}/src/config.ts`)));
    const own = rowsOf(configuration).filter(
      ({ page }) => page === `docs/services/${service}/configuration.md`,
    );
    expect(named.length).toBeGreaterThan(0);
    expect(
      missingFrom(
        own.flatMap(({ names }) => names),
        named,
      ),
    ).toEqual([]);
  });

  it("name no variable that the code does not know", () => {
    const known = [...namesIn(sources), ...productVariables.map(({ name }) => name)];
    const named = namesIn(joined(everything).replaceAll(/TOKENHUB_<[A-Z]+>\w*/g, ""));
    expect(missingFrom(known, named)).toEqual([]);
  });
});

describe("the failure modes", () => {
  it("describe every error code under its own status, and no other code", () => {
    const described = rowsOf(failureModes).flatMap(({ cells }) =>
      /^[a-z0-9_]+ \(\d{3}\)$/.test(cells[0] ?? "") ? [cells[0] ?? ""] : [],
    );
    const codes = Object.entries(errorTable).map(([code, { status }]) => `${code} (${status})`);
    expect(missingFrom(described, codes)).toEqual([]);
    expect(missingFrom(codes, described)).toEqual([]);
  });

  it("say in every row what the cause is and what to check", () => {
    const rows = rowsOf(failureModes);
    expect(rows.length).toBeGreaterThan(40);
    expect(
      rows.filter(({ cells }) => cells.length !== 3 || cells.includes("")).map(({ cells }) => cells[0]),
    ).toEqual([]);
  });
});

describe("what the pages quote from the code is there", () => {
  it("log messages", () => {
    const quoted = [...joined(failureModes).matchAll(/log: "([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(quoted.length).toBeGreaterThan(5);
    expect(quoted.filter((message) => !sources.includes(message))).toEqual([]);
  });

  it("metrics", () => {
    const quoted = joined(everything).match(/`tokenhub_[a-z_]+_(?:total|seconds)`/g) ?? [];
    expect(quoted.length).toBeGreaterThan(0);
    expect(quoted.filter((name) => !sources.includes(`"${name.slice(1, -1)}"`))).toEqual([]);
  });

  it("every answer of the claim script, and no other", async () => {
    const script = await readFile(join(root, "packages/ledger/src/scripts/claim.lua"), "utf8");
    const page = everything.get("docs/job-state-machine.md") ?? "";
    const table = page.slice(page.indexOf("## What a claim answers"), page.indexOf("## After the call"));
    const described = rowsOf(new Map([["claim", table]])).flatMap(({ names }) => names);
    const answered = [...script.matchAll(/return \{(?:abandoned and '(\w+)' or )?'(\w+)'/g)].flatMap(
      (match) => [match[1], match[2]].filter((answer) => answer !== undefined),
    );
    expect(described.toSorted()).toEqual([...new Set(answered)].toSorted());
  });
});
