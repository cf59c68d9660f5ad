import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { productVariables } from "@tokenhub/config";
import { beforeAll, describe, expect, it } from "vitest";
import { codeBlocksOf } from "../docs/code-block.ts";

const root = path.dirname(path.dirname(import.meta.dirname));
const read = (name: string): Promise<string> => readFile(path.join(root, name), "utf8");

let guide = "";
beforeAll(async () => {
  guide = await read("docs/DEPLOYMENT.md");
});

const section = (heading: string): string =>
  new RegExp(`^## ${heading}\\n([^]*?)(?=^## |$(?![^]))`, "m").exec(guide)?.[1] ?? "";
const blocks = (language: string): string[] =>
  codeBlocksOf(guide).flatMap((block) => (block.language === language ? [block.code] : []));

describe("docs/DEPLOYMENT.md", () => {
  it("S1-62: is linked from the README and covers what running it for others takes", async () => {
    expect(await read("README.md")).toContain("](docs/DEPLOYMENT.md)");
    for (const heading of [
      "Before it serves others",
      "With compose",
      "TLS",
      "Who may reach what",
      "Several gateways",
      "Redis",
      "Backup",
      "Watching it",
      "Updates",
    ]) {
      expect([heading, section(heading).length > 200]).toEqual([heading, true]);
    }
  });

  it("S1-62: names only variables, scripts, options and services that exist", async () => {
    const { scripts } = JSON.parse(await read("package.json")) as { scripts: Record<string, string> };
    const compose = await read("docker-compose.yml");
    const known = new Set(productVariables.flatMap(({ name }) => [name, `${name}_FILE`]));
    const named = [...guide.matchAll(/\b(?:TOKENHUB|OTEL|REDIS|DATABASE)_[A-Z_]*[A-Z]\b/g)].map(
      ([name]) => name,
    );
    expect(named.length).toBeGreaterThan(15);
    const standard = new Set(["OTEL_EXPORTER_OTLP_ENDPOINT"]);
    expect(named.filter((name) => !known.has(name) && !standard.has(name))).toEqual([]);
    for (const [, name = ""] of guide.matchAll(/npm run ([a-z:]+)/g))
      expect(Object.keys(scripts)).toContain(name);
    for (const [, name = ""] of guide.matchAll(/--scale ([a-z-]+)=/g))
      expect(compose).toContain(`\n  ${name}:\n`);
    for (const [, file = ""] of guide.matchAll(/\bnode (scripts\/\S+\.ts)/g))
      expect([file, existsSync(path.join(root, file))]).toEqual([file, true]);
  });

  it("S4-43, S3-57: shows TLS at a terminating proxy, unbuffered, waiting long enough, believed by its address only", () => {
    const tls = section("TLS");
    const [nginx = ""] = blocks("nginx");
    expect(tls).toContain(nginx);
    for (const line of [
      "listen 443 ssl;",
      "proxy_buffering off;",
      "X-Forwarded-For",
      "client_max_body_size 32m;",
    ])
      expect(nginx).toContain(line);
    const waitMs = Number(productVariables.find(({ name }) => name === "TOKENHUB_SYNC_WAIT_MS")?.defaultText);
    const waits = [...nginx.matchAll(/proxy_read_timeout (\d+)s/g)].map((match) => Number(match[1]) * 1_000);
    expect(Math.min(...waits)).toBeGreaterThan(waitMs);
    expect(tls).toContain("TOKENHUB_TRUSTED_PROXIES");
  });

  it("S4-44: says who may reach which port, how the address is bound, and how a firewall keeps the others out", () => {
    const text = section("Who may reach what");
    for (const part of ["TOKENHUB_HOST", "127.0.0.1", "Redis", "PostgreSQL", "ufw", "API"])
      expect(text).toContain(part);
  });

  it("its shell blocks are valid for a shell, and its compose files name services that are there", async () => {
    const compose = await read("docker-compose.yml");
    const shell = blocks("sh");
    expect(shell.length).toBeGreaterThan(4);
    for (const block of shell) expect(block).not.toMatch(/<[a-z-]+>/);
    const overrides = blocks("yaml");
    expect(overrides).toHaveLength(2);
    for (const override of overrides) {
      const services = [...override.matchAll(/^ {2}([a-z-]+):$/gm)].map((match) => match[1] ?? "");
      const own = /^ {2}([a-z-]+):\n {4}image:/m.exec(override)?.[1];
      for (const service of services.filter((name) => name !== own && !/data$|^database$/.test(name)))
        expect(compose).toContain(`\n  ${service}:\n`);
    }
  });
});
