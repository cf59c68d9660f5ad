import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createResolveHost, type ResolveHost } from "./resolve-host.ts";

const typeA = 1;
const typeAaaa = 28;
/** 203.0.113.7 and 2001:db8::7. */
const records: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  "both.example": { [typeA]: "cb007107", [typeAaaa]: `20010db8${"0".repeat(22)}07` },
  "four.example": { [typeA]: "cb007107" },
  "none.example": {},
};

/** The least of a name server: it knows the names above, and says nothing about silent.example. */
function answerTo(query: Buffer): Buffer | null {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const name = labels.join(".").toLowerCase();
  const type = query.readUInt16BE(at + 1);
  if (name === "silent.example") return null;
  const data = records[name]?.[type];
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(records[name] === undefined ? 0x8183 : 0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data === undefined ? 0 : 1, 6);
  const question = query.subarray(12, at + 5);
  if (data === undefined) return Buffer.concat([head, question]);
  const bytes = Buffer.from(data, "hex");
  const record = Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length]);
  return Buffer.concat([head, question, record, bytes]);
}

const server = createSocket("udp4");
server.on("message", (query, { port, address }) => {
  const answer = answerTo(query);
  if (answer !== null) server.send(answer, port, address);
});
let resolveWith: (asksSystem: boolean) => ResolveHost;
beforeAll(async () => {
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const servers = [`127.0.0.1:${server.address().port}`];
  resolveWith = (asksSystem) => createResolveHost({ asksSystem, servers });
});
afterAll(() => server.close());

test("a name gives all its addresses of both families", async () => {
  expect(await resolveWith(false)("both.example")).toEqual(["203.0.113.7", "2001:db8::7"]);
  expect(await resolveWith(false)("four.example")).toEqual(["203.0.113.7"]);
});

describe("a name that DNS does not have", () => {
  test("is an error with its code", async () => {
    await expect(resolveWith(false)("unknown.example")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(resolveWith(false)("none.example")).rejects.toMatchObject({ code: "ENODATA" });
  });

  test("is looked for in the system's sources only where the operator opened addresses", async () => {
    expect(await resolveWith(true)("localhost")).toContain("127.0.0.1");
    await expect(resolveWith(false)("localhost")).rejects.toMatchObject({ code: "ENOTFOUND" });
  });
});

test("names whose server does not answer hold up no other", async () => {
  const resolve = resolveWith(false);
  const silent = Array.from({ length: 50 }, () => resolve("silent.example"));
  const startedMs = performance.now();
  expect(await resolve("four.example")).toEqual(["203.0.113.7"]);
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  const ends = await Promise.allSettled(silent);
  expect(ends.every((end) => end.status === "rejected" && end.reason.code === "ETIMEOUT")).toBe(true);
});
