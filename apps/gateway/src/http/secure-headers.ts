import type { RequestHandler } from "express";

/** Headers that keep browsers from doing more with an answer than reading it. Pages may add a policy of their own. */
export const secureHeaders: RequestHandler = (_request, response, next) => {
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("x-frame-options", "DENY");
  response.setHeader("referrer-policy", "no-referrer");
  next();
};
