import type { Tracer } from "./tracer.ts";
import type { TracingConfig } from "./tracing-config.ts";

export interface StartTracerOptions {
  /** Null or absent: no tracing. */
  readonly config: TracingConfig | null | undefined;
  /** e.g. `gateway`. */
  readonly service: string;
  /** Told why spans could not be sent; at most once a minute, with how many were lost meanwhile. */
  readonly onTrouble: (message: string) => void;
}

/** Starts the tracer, or gives null: the libraries behind it (tens of megabytes) are loaded only when it is wanted. */
export async function startTracer({ config, ...options }: StartTracerOptions): Promise<Tracer | null> {
  if (config === null || config === undefined) return null;
  const { createOpenTelemetryTracer } = await import("./open-telemetry-tracer.ts");
  return createOpenTelemetryTracer({ config, ...options });
}
