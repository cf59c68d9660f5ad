import { z } from "zod";

const mostAtOnce = 1_000_000;

/** How many requests may run at once; both 0 and null mean as many as there are. */
export const concurrencyField = z
  .int()
  .min(0)
  .max(mostAtOnce)
  .nullable()
  .meta({ description: "Requests that may run at once, over all gateways together; 0 or null: no limit." });
