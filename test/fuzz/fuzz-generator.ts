import fc from "fast-check";
import { callers, type CallerName, type FuzzRequest } from "./fuzz-request.ts";
import { changes, cuts, withChanges, withCuts } from "./json-damage.ts";
import { idsOf, knownValues } from "./known-values.ts";
import { nameOf, type OpenApiDocument, type Operation } from "./open-api-operations.ts";
import { strangeHeaders } from "./request-headers.ts";
import { encode, pathsOf, queriesOf } from "./request-paths.ts";
import { valueOf, type SchemaValues } from "./value-of-schema.ts";

export interface FuzzSubject {
  readonly document: OpenApiDocument;
  readonly operations: readonly Operation[];
  /** The only server that generated providers may name. */
  readonly mockUrl: string;
}

/** How often one request is for an operation, beside 1. */
const generationWeight = 6;

/** Requests for all the operations: fitting ones, damaged ones and nonsense. */
export function fuzzRequests({ document, operations, mockUrl }: FuzzSubject): fc.Arbitrary<FuzzRequest> {
  const values = { document, known: knownValues(mockUrl) };
  return fc.oneof(
    ...operations.map((operation) => ({
      weight: operation.template.startsWith("/v1/") && operation.method === "POST" ? generationWeight : 1,
      arbitrary: requestsFor(operation, values),
    })),
  );
}

function requestsFor(operation: Operation, values: SchemaValues): fc.Arbitrary<FuzzRequest> {
  const { template } = operation;
  return fc
    .record({
      path: pathsOf(template, { ...values, idOf: () => idsOf(operation).map((id) => encode(id)) }),
      query: queriesOf(operation.query, values),
      method: fc.oneof(
        { weight: 30, arbitrary: fc.constant(operation.method) },
        {
          weight: 1,
          arbitrary: fc.constantFrom("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"),
        },
      ),
      headers: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: strangeHeaders }),
      body: bodiesOf(operation, values),
      caller: callersOf(template),
      address: fc.nat(199),
    })
    .map(({ path, query, headers, address, ...rest }) => ({
      ...rest,
      operation: nameOf(operation),
      path: path + query,
      headers: [...headers],
      address: addressOf(rest.caller, address),
    }));
}

/** Whoever does not know a secret has a network of its own, so that lock-outs hit nobody else. */
function addressOf(caller: CallerName, number: number): string {
  return caller === "wrong" || caller === "malformed" ? `10.1.0.${number}` : `10.0.0.${number}`;
}

const junk: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .constantFrom(
      "",
      " ",
      "null",
      "[]",
      '"text"',
      "{",
      "{}",
      "{}{}",
      '{"a":1e999}',
      '{"__proto__":{"polluted":true}}',
      '{"constructor":{"prototype":{"polluted":true}}}',
      "\ufeff{}",
      "[".repeat(5_000),
      `{"a":${"[".repeat(300)}${"]".repeat(300)}}`,
      `{"a":"${"x".repeat(20_000)}"}`,
      '{"a":1,"a":2}',
    )
    .map((text) => Buffer.from(text)),
  fc.constantFrom(
    Buffer.from([0xff, 0xfe]),
    Buffer.from([0x1f, 0x8b, 8, 0]),
    Buffer.from('{"a":"\xed\xa0\x80"}', "latin1"),
  ),
);

function bodiesOf(operation: Operation, values: SchemaValues): fc.Arbitrary<Buffer | null> {
  const nothing = fc.constant<Buffer | null>(null);
  if (operation.body === null)
    return fc.oneof({ weight: 9, arbitrary: nothing }, { weight: 1, arbitrary: junk });
  const fitting = valueOf(operation.body, values);
  const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value) ?? "null");
  const damaged = fc.tuple(fitting, changes).map(([value, applied]) => withChanges(value as object, applied));
  return fc.oneof(
    { weight: 10, arbitrary: fitting.map(bytes) },
    { weight: 7, arbitrary: damaged.map(bytes) },
    {
      weight: 2,
      arbitrary: fc.tuple(damaged, cuts).map(([value, damage]) => withCuts(bytes(value), damage)),
    },
    { weight: 1, arbitrary: junk },
    { weight: 1, arbitrary: nothing },
  );
}

const usual: Readonly<Partial<Record<CallerName, number>>> = {
  admin: 60,
  password: 4,
  operator: 6,
  session: 4,
};
const usualConsumers: Readonly<Partial<Record<CallerName, number>>> = {
  consumer: 60,
  "one-model": 4,
  poor: 4,
};

function callersOf(template: string): fc.Arbitrary<CallerName> {
  const weights = template.startsWith("/admin") ? usual : usualConsumers;
  return fc.oneof(
    ...callers.map((caller) => ({ weight: weights[caller] ?? 1, arbitrary: fc.constant(caller) })),
  );
}
