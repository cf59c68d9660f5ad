export { readAddressAllowList, type AddressAllowList, type AllowListReading } from "./address-allow-list.ts";
export * from "./check-webhook-url.ts";
export * from "./decide-next-attempt.ts";
export * from "./deliver-webhook.ts";
export { createResolveHost, type ResolveHost } from "./resolve-host.ts";
export * from "./seal-webhook-secret.ts";
export * from "./webhook-body.ts";
export * from "./webhook-event-id.ts";
export * from "./webhook-retry-policy.ts";
export {
  checkWebhookSecret,
  makeWebhookSecret,
  webhookSecretHint,
  type RandomBytes,
  type WebhookSecretVerdict,
} from "./webhook-secret.ts";
