import type { RequestHandler } from "express";

let document: Promise<object> | null = null;

/** `GET /openapi.json`. The generator is loaded with the first request for it: most gateways never need its memory. */
export const serveOpenApi: RequestHandler = async (_request, response) => {
  document ??= import("./document.ts").then(({ buildOpenApiDocument }) => buildOpenApiDocument());
  response.json(await document);
};
