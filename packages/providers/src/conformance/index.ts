export * from "./conformance-upstream.ts";
export { describeProvider } from "./describe-provider.ts";
