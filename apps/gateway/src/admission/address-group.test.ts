import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressGroupOf } from "./address-group.ts";

describe("addressGroupOf", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:0001:0002::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["1:2:3:4:5::", "1:2:3:4::/64"],
    ["::2:3:4:5:6:7:8", "0:2:3:4::/64"],
    ["64:ff9b::192.0.2.33", "64:ff9b:0:0::/64"],
    ["", ""],
    ["nonsense", "nonsense"],
  ])("%s belongs to %s", (address, group) => {
    expect(addressGroupOf(address)).toBe(group);
  });

  test("two addresses are one client exactly when their first four groups are the same", () => {
    const groups = fc.array(fc.integer({ min: 1, max: 0xff_ff }), { minLength: 8, maxLength: 8 });
    const write = (parts: readonly number[]): string => parts.map((part) => part.toString(16)).join(":");
    fc.assert(
      fc.property(groups, groups, (one, other) => {
        const neighbour = [...one.slice(0, 4), ...other.slice(4)];
        expect(addressGroupOf(write(neighbour))).toBe(addressGroupOf(write(one)));
        const isSame = write(one.slice(0, 4)) === write(other.slice(0, 4));
        expect(addressGroupOf(write(one)) === addressGroupOf(write(other))).toBe(isSame);
      }),
    );
  });
});
