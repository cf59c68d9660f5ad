import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Router } from "express";

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>TokenHub API</title>
    <script type="module" src="/docs/rapidoc.js"></script>
  </head>
  <body>
    <rapi-doc spec-url="/openapi.json" load-fonts="false" show-header="false" render-style="read"
      schema-style="table" allow-server-selection="false" persist-auth="false">
      <p slot="nav-logo">TokenHub API</p>
      <noscript>The page needs JavaScript; the same description is at <a href="/openapi.json">/openapi.json</a>.</noscript>
    </rapi-doc>
  </body>
</html>
`;

/** The page reads our own files only, so it works without any network; styles are injected by the viewer. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `GET /docs`: the API reference, rendered from `/openapi.json` by a viewer served from here. */
export function docsRouter(): Router {
  const viewer = join(dirname(createRequire(import.meta.url).resolve("rapidoc")), "rapidoc-min.js");
  const router = Router();
  router.get("/", (_request, response) => {
    response.setHeader("content-security-policy", contentSecurityPolicy);
    response.type("html").send(page);
  });
  router.get("/rapidoc.js", (_request, response) => {
    response.setHeader("cache-control", "public, max-age=86400");
    response.type("text/javascript; charset=utf-8").sendFile(viewer);
  });
  return router;
}
