import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { call, type Asked } from "../orchestration/native-door.ts";
import { createEndpoint, send } from "./webhook-door.ts";

let network: TestNetwork;
let asked: Asked;

beforeAll(async () => {
  // Nothing is opened, as in production.
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), env: { TOKENHUB_WEBHOOK_ALLOW: "" } });
  asked = { url: network.url, apiKey: network.apiKey };
});
afterAll(() => network[Symbol.asyncDispose]());

const wanted = { name: "x", event_types: ["job.succeeded"] };
const badUrls = [
  "",
  "not a url",
  "/hook",
  "ftp://example.com/hook",
  "javascript:alert(1)",
  "http://example.com/hook",
  "https://example.com:8443/hook",
  "https://user:pass@example.com/hook",
  "https://127.0.0.1/hook",
  "https://localhost/hook",
  "https://2130706433/hook",
  "https://0x7f.1/hook",
  "https://0177.0.0.1/hook",
  "https://[::1]/hook",
  "https://[::ffff:127.0.0.1]/hook",
  "https://[::7f00:1]/hook",
  "https://169.254.169.254/latest/meta-data",
  "https://10.0.0.1/hook",
  "https://192.168.10.65/hook",
  "https://100.100.0.0/hook",
  "https://[fd7a:115c:a1e0::1]/hook",
  "https://[64:ff9b::808:808]/hook",
  "https://①②⑦.0.0.1/hook",
  `https://example.com/${"a".repeat(3_000)}`,
];

it.each(badUrls)("no endpoint is made for %s, and none is changed to it", async (url) => {
  const refused = await send(asked, "", { ...wanted, url });
  expect([refused.status, refused.json.error]).toEqual([
    400,
    expect.objectContaining({ code: "invalid_request", param: "url", message: expect.stringMatching(/\S/) }),
  ]);
  const { id } = await createEndpoint(asked, "https://example.com/hook");
  const unchanged = await send(asked, `/${id}`, { url });
  expect([unchanged.status, unchanged.json.error?.["param"]]).toEqual([400, "url"]);
  expect((await call(asked, `/v1/webhook_endpoints/${id}`)).json["url"]).toBe("https://example.com/hook");
  await call(asked, `/v1/webhook_endpoints/${id}`, { method: "DELETE" });
});

it.each([
  [{ ...wanted }, "url"],
  [{ ...wanted, url: 7 }, "url"],
  [{ ...wanted, url: "https://example.com/", name: "" }, "name"],
  [{ ...wanted, url: "https://example.com/", event_types: [] }, "event_types"],
  [{ ...wanted, url: "https://example.com/", event_types: ["job.succeeded", "*"] }, "event_types.1"],
  [{ ...wanted, url: "https://example.com/", signing_secret: "whsec_x" }, null],
])("a body that is not valid is refused naming its fault: %j", async (body, param) => {
  const { status, json } = await send(asked, "", body);
  expect([status, json.error?.["code"], json.error?.["param"]]).toEqual([400, "invalid_request", param]);
});

it("what is asked of an endpoint with a wrong body is refused before anything happens", async () => {
  const { id } = await createEndpoint(asked, "https://example.com/hook");
  for (const [path, body] of [
    ["/rotate_secret", { keep_old_secret_active_for_24_hours: "yes" }],
    ["/test", {}],
    ["/test", { event_type: "nothing" }],
    ["/redeliver", {}],
    ["/redeliver", { since: 2_000, until: 1_000 }],
    ["/redeliver", { since: "yesterday" }],
  ] as const) {
    const { status, json } = await send(asked, `/${id}${path}`, body);
    expect([path, status, json.error?.["code"]]).toEqual([path, 400, "invalid_request"]);
  }
  for (const query of ["?limit=0", "?limit=x", "?after=whd_unknown", "?state=lost", "?nonsense=1"]) {
    const { status } = await call(asked, `/v1/webhook_endpoints/${id}/deliveries${query}`);
    expect([query, status]).toEqual([query, 400]);
  }
  const put = await call(asked, `/v1/webhook_endpoints/${id}`, { method: "PUT", body: {} });
  expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, POST, DELETE"]);
});
