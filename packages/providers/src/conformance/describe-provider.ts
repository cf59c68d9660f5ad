import { afterAll, beforeAll, describe } from "vitest";
import type { ProviderDefinition } from "../definition/provider-definition.ts";
import { testAborts } from "./abort-cases.ts";
import { ConformanceBench } from "./conformance-bench.ts";
import type { ConformanceUpstream } from "./conformance-upstream.ts";
import { testFailures } from "./failure-cases.ts";
import { testQuestions } from "./question-cases.ts";
import { testRequests } from "./request-cases.ts";
import { testStreams } from "./stream-cases.ts";
import { testSuccesses } from "./success-cases.ts";

/** Gives the cases the bench of the running suite; it exists only while tests run. */
export type BenchOf = () => ConformanceBench;

/**
 * Declares the tests that every provider reached over HTTP must pass: what it sends, what it makes of answers, streams and
 * every kind of failure, and that aborting reaches the server. Call it at the top level of a test file.
 *
 * @example describeProvider(myProvider, { startUpstream: () => startMockLlm() })
 */
export function describeProvider(
  definition: ProviderDefinition,
  { startUpstream }: { startUpstream: () => Promise<ConformanceUpstream> },
): void {
  describe(`provider type ${definition.type}`, () => {
    const stack = new AsyncDisposableStack();
    let bench: ConformanceBench | null = null;
    const benchOf: BenchOf = () => {
      if (bench === null) throw new Error("the upstream is not running");
      return bench;
    };
    beforeAll(async () => {
      const upstream = stack.use(await startUpstream());
      bench = stack.use(new ConformanceBench(definition, upstream));
    });
    afterAll(() => stack.disposeAsync());

    testSuccesses(definition, benchOf);
    testRequests(definition, benchOf);
    testFailures(definition, benchOf);
    testStreams(definition, benchOf);
    testAborts(benchOf);
    testQuestions(definition, benchOf);
  });
}
