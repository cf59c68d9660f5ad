import { describe, expect, test } from "vitest";
import { guardAddress } from "./address-guard.ts";
import { readAddressAllowList, type AddressAllowList } from "./address-allow-list.ts";

const refused = [
  ["10.254.0.0", "172.16.10.65", "192.168.10.65", "0.1.2.3", "127.254.254.254", "169.254.169.254"],
  ["100.100.0.0", "192.0.0.255", "192.0.2.255", "198.51.100.65", "203.0.113.6", "192.88.99.3"],
  ["198.18.0.0", "224.1.2.3", "240.240.240.240", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1"],
  ["::ffff:a9fe:a9fe", "::ffff:0.0.0.1", "::7f00:1", "2001:db8::1", "3fff::dead:beef", "fe80::dead:beef"],
  ["febf:ffff::1", "fd7a:115c:a1e0::1", "2002:c0a8:1::1", "64:ff9b::c0a8:0", "64:ff9b::808:808"],
  ["64:ff9b:1::1", "5f00::1", "100::1:2:3:4", "fec0::1", "2001:0:1::1", "fe80::1%eth0", "ff02::1"],
  // The first and the last of ranges whose ends are no round numbers.
  ["172.16.0.0", "172.31.255.255", "100.64.0.0", "100.127.255.255", "198.19.255.255", "fdff:ffff::1"],
].flat();
const accepted = [
  ["1.1.1.1", "8.8.8.8", "::ffff:8.8.8.8", "2001:4860:4860::8888", "2606:4700:4700::1111"],
  ["172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "198.17.255.255", "198.20.0.0"],
  ["11.0.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "192.0.1.0", "223.255.255.255"],
].flat();

function allowing(...entries: readonly string[]): AddressAllowList {
  const reading = readAddressAllowList(entries);
  if (reading.kind === "invalid") throw new Error(reading.problem);
  return reading.allow;
}

test.each(refused)("%s is refused, and it is said what it is", (address) => {
  expect(guardAddress(address, [])).toEqual({ kind: "refused", what: expect.stringMatching(/^an? /) });
});

test.each(accepted)("%s is anybody's", (address) => {
  expect(guardAddress(address, [])).toEqual({ kind: "public" });
});

test("what is no address is refused", () => {
  for (const text of ["", "localhost", "8.8.8.8.8", "8.8.8.8/32", "[::1]"])
    expect(guardAddress(text, [])).toMatchObject({ kind: "refused" });
});

describe("what the operator opened", () => {
  const allow = allowing("10.1.0.0/16", "127.0.0.1", "fd00::/8", "::1", "::ffff:192.168.1.0/120");

  test.each(["10.1.2.3", "127.0.0.1", "fd7a::1", "::1", "::ffff:10.1.2.3", "192.168.1.77"])(
    "%s is allowed",
    (address) => {
      expect(guardAddress(address, allow)).toEqual({ kind: "allowed" });
    },
  );

  test.each(["10.2.0.0", "127.0.0.2", "fc00::1", "169.254.169.254", "192.168.2.1", "::7f00:1"])(
    "%s stays refused",
    (address) => {
      expect(guardAddress(address, allow)).toMatchObject({ kind: "refused" });
    },
  );

  test("an open range of one family opens nothing of the other", () => {
    expect(guardAddress("::1", allowing("0.0.0.0/0"))).toMatchObject({ kind: "refused" });
    expect(guardAddress("127.0.0.1", allowing("::/0"))).toMatchObject({ kind: "refused" });
  });

  test.each([
    "10.0.0.0/33",
    "10.0.0/8",
    "127.1",
    "2130706433",
    "0x7f.1/8",
    "example.com",
    "fd00::/129",
    "/8",
    "",
  ])("%j is no range, and the sentence quotes it", (entry) => {
    expect(readAddressAllowList(["10.0.0.0/8", entry])).toEqual({
      kind: "invalid",
      problem: expect.stringContaining(`"${entry}"`),
    });
  });
});
