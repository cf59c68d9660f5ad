import { z } from "zod";

const defaultLimit = 100;
const maxLimit = 1_000;

/** Query parameters of every list. Values out of range are refused, not ignored. */
export const pageQueryShape = {
  limit: z.coerce.number().int().min(1).max(maxLimit).default(defaultLimit),
  offset: z.coerce.number().int().min(0).max(10_000_000).default(0),
};
export const pageQuerySchema = z.object(pageQueryShape);
