import { ConfigError, readEnvironment, type Environment, type EnvironmentReader } from "@tokenhub/config";

export interface TracingConfig {
  /** Where spans are posted as OTLP JSON, e.g. `http://localhost:4318/v1/traces`. */
  readonly url: string;
  /** `service.name` of one service, e.g. `tokenhub-gateway`. */
  readonly serviceNameOf: (service: string) => string;
  /** Share of the traces that begin here and are kept, 0..1; a caller's trace is kept if the caller keeps it. */
  readonly sampleRatio: number;
}

const defaultEndpoint = "http://localhost:4318";

/**
 * Reads whether and where traces are sent; null when they are not, which is the default. `TOKENHUB_OTEL_ENABLED` decides;
 * without it, naming an endpoint or an exporter in the variables of OpenTelemetry turns tracing on.
 * @throws ConfigError for values that cannot be used.
 */
export function readTracingConfig(env: Environment): TracingConfig | null {
  const read = readEnvironment(env);
  if (!isWanted(read)) return null;
  return { url: readUrl(read), serviceNameOf: readServiceName(read), sampleRatio: readSampleRatio(read) };
}

function isWanted(read: EnvironmentReader): boolean {
  const exporter = read.envChoice("OTEL_TRACES_EXPORTER", ["otlp", "none"]);
  const decided = read.envBoolean("TOKENHUB_OTEL_ENABLED");
  if (read.envBoolean("OTEL_SDK_DISABLED") === true || exporter === "none") return false;
  const namesEndpoint = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].some(
    (name) => read.envString(name) !== null,
  );
  return decided ?? (exporter === "otlp" || namesEndpoint);
}

function readUrl(read: EnvironmentReader): string {
  const whole = read.envString("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  const own = read.envString("TOKENHUB_OTEL_ENDPOINT");
  if (own !== null) return tracesUrl(own, "TOKENHUB_OTEL_ENDPOINT");
  if (whole !== null) return urlOf(whole, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").href;
  return tracesUrl(
    read.envString("OTEL_EXPORTER_OTLP_ENDPOINT") ?? defaultEndpoint,
    "OTEL_EXPORTER_OTLP_ENDPOINT",
  );
}

/** A collector's address, with or without `http://` and with or without the path of traces. */
function tracesUrl(text: string, name: string): string {
  const url = urlOf(text.includes("://") ? text : `http://${text}`, name);
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = path.endsWith("/v1/traces") ? path : `${path}/v1/traces`;
  return url.href;
}

/** The value may hold a password, so the message names the variable only. */
function urlOf(text: string, name: string): URL {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new ConfigError(
    `${name} is not an http or https address; set it to that of an OTLP/HTTP collector, e.g. ${defaultEndpoint}.`,
  );
}

/** `OTEL_SERVICE_NAME` is taken as it is; otherwise the services of one installation are told apart. */
function readServiceName(read: EnvironmentReader): (service: string) => string {
  const own = read.envString("TOKENHUB_OTEL_SERVICE_NAME");
  const given = read.envString("OTEL_SERVICE_NAME");
  if (own === null && given !== null) return () => given;
  return (service) => `${own ?? "tokenhub"}-${service}`;
}

const samplers = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

function readSampleRatio(read: EnvironmentReader): number {
  const sampler = read.envChoice("OTEL_TRACES_SAMPLER", samplers) ?? "parentbased_always_on";
  if (sampler.endsWith("always_on")) return 1;
  if (sampler.endsWith("always_off")) return 0;
  return read.envNumber("OTEL_TRACES_SAMPLER_ARG", { min: 0, max: 1 }) ?? 1;
}
