import type { Sort } from "@tokenhub/persistence";
import { z } from "zod";

/** Where an entry came from. */
export const sourceQuery = z
  .enum(["config", "admin"])
  .meta({ description: "`config`: from the configuration; `admin`: made or changed here." });

export const textQuery = z.string().max(256).meta({ description: "Part of the name, whatever its case." });

/** `sort=weight`, or `sort=-weight` for the other direction. */
export function sortQuery<const Names extends Readonly<Record<string, string>>>(names: Names) {
  const fields = Object.keys(names);
  return z
    .enum([...fields, ...fields.map((field) => `-${field}`)] as [string, ...string[]])
    .transform((text): Sort<Names[keyof Names]> => {
      const field = text.replace(/^-/, "");
      return {
        by: names[field as keyof Names] as Names[keyof Names],
        direction: text.startsWith("-") ? "desc" : "asc",
      };
    })
    .meta({ description: "A field; with `-` in front the other way round." });
}
