import { expect, test } from "vitest";
import { createAddressReader } from "./client-address.ts";

const from = (remoteAddress: string, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
  }) as never;

test("S3-57: a forwarded address is ignored unless a trusted proxy sent it", () => {
  expect(createAddressReader([])(from("203.0.113.9", "10.0.0.1"))).toBe("203.0.113.9");
  const behindProxy = createAddressReader(["10.0.0.0/8"]);
  expect(behindProxy(from("203.0.113.9", "198.51.100.1"))).toBe("203.0.113.9");
  expect(behindProxy(from("10.1.2.3", "198.51.100.1"))).toBe("198.51.100.1");
});

test("S3-57: what a caller wrote in front of the proxies' own entries is not believed", () => {
  const read = createAddressReader(["10.0.0.0/8", "fd00::/8"]);
  expect(read(from("10.1.2.3", "1.1.1.1, 198.51.100.1, 10.9.9.9"))).toBe("198.51.100.1");
  expect(read(from("fd00::1", "not an address, 2001:db8::7"))).toBe("2001:db8::7");
});

test("an IPv4 caller on an IPv6 socket has its IPv4 address, and a proxy without the header stands for itself", () => {
  expect(createAddressReader([])(from("::ffff:192.0.2.4"))).toBe("192.0.2.4");
  expect(createAddressReader(["192.0.2.4"])(from("::ffff:192.0.2.4"))).toBe("192.0.2.4");
});
