import { expect, test } from "vitest";
import { banner, reachableUrl } from "./banner.ts";

const base = {
  url: "http://127.0.0.1:8080",
  dataFolder: "/d",
  apiKey: "k-1",
  adminAccess: null,
  isOpen: true,
  trialModel: "mock",
};
const curl = 'curl http://127.0.0.1:8080/v1/chat/completions -H "content-type: application/json"';

test("D4: on a loopback start the curl line carries no key, and the banner says that none is needed", () => {
  const text = banner(base);
  expect(text).toContain("k-1   (not needed");
  expect(text).toContain(`${curl} -d '{"model":"mock","messages":[{"role":"user","content":"Hello"}]}'`);
});

test("where keys are asked for, the curl line carries the key, or a place for one of the operator's own", () => {
  expect(banner({ ...base, isOpen: false })).toContain(`${curl} -H "authorization: Bearer k-1" -d`);
  const own = banner({ ...base, isOpen: false, apiKey: null });
  expect(own).toContain("API key   one of those you configured");
  expect(own).toContain("Bearer YOUR_KEY");
});

test("C7: the admin token is shown when it is new, later only the place where it is", () => {
  const file = "/d/admin-token";
  const first = banner({ ...base, adminAccess: { kind: "file", file, newToken: "t-1" } });
  expect(first).toContain("Admin     token t-1\n");
  expect(first).toContain("shown only now; it is kept in /d/admin-token");
  expect(banner({ ...base, adminAccess: { kind: "file", file, newToken: null } })).toContain(
    "Admin     token in /d/admin-token",
  );
  expect(banner({ ...base, adminAccess: { kind: "configured" } })).toContain("you configured");
  expect(banner(base)).not.toContain("Admin");
});

test("without a model that costs nothing the server picks", () => {
  expect(banner({ ...base, trialModel: null })).toContain(`-d '{"messages"`);
});

test("an any-address listener is shown as localhost, IPv6 in brackets", () => {
  expect(reachableUrl({ host: "0.0.0.0", port: 1 })).toBe("http://localhost:1");
  expect(reachableUrl({ host: "::1", port: 1 })).toBe("http://[::1]:1");
});
