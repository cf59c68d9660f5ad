import type { RequestHandler } from "express";

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>TokenHub administration</title>
  </head>
  <body>
    <h1>TokenHub administration</h1>
    <p>The administration's pages are not part of this build. Everything they do is in the API below
      <code>/admin/v1</code>, which takes <code>Authorization: Bearer &lt;admin token or password&gt;</code>.</p>
    <p><a href="/docs">API reference</a></p>
  </body>
</html>
`;

/** `GET /admin`: where to go, in a build without the administration's own pages. */
export const serveAdminHome: RequestHandler = (_request, response) => {
  response.setHeader(
    "content-security-policy",
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  response.type("html").send(page);
};
