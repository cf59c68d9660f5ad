/** The part of JSON Schema that the gateway's own description uses. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

export interface Parameter {
  readonly name: string;
  readonly schema: JsonSchema;
}

/** One method of one path. */
export interface Operation {
  readonly method: string;
  /** As the description writes it: `/admin/v1/providers/{id}`. */
  readonly template: string;
  readonly query: readonly Parameter[];
  /** Null: the description knows of no body. */
  readonly body: JsonSchema | null;
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas?: Readonly<Record<string, JsonSchema>> };
}

interface DescribedOperation {
  readonly parameters?: readonly (Parameter & { readonly in: string })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>> };
}

/** `POST /admin/v1/providers`. */
export function nameOf({ method, template }: Pick<Operation, "method" | "template">): string {
  return `${method} ${template}`;
}

/** Every operation of the document, and those of `undescribed` that it does not have. */
export function operationsOf(document: OpenApiDocument, undescribed: readonly Operation[]): Operation[] {
  const described = Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]): Operation => {
      const content = Object.values(operation.requestBody?.content ?? {});
      return {
        method: method.toUpperCase(),
        template,
        query: (operation.parameters ?? []).filter((parameter) => parameter.in === "query"),
        body: operation.requestBody === undefined ? null : (content[0]?.schema ?? {}),
      };
    }),
  );
  const names = new Set(described.map(nameOf));
  return [...described, ...undescribed.filter((operation) => !names.has(nameOf(operation)))];
}
