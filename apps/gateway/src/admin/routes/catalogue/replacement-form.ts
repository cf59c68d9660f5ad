import { TokenHubError } from "@tokenhub/contracts";
import { storedMetaShape } from "./stored-meta.ts";

type MetaName = keyof typeof storedMetaShape;

/**
 * What a PUT body states of an entry. What only answers say is left out, so that what was read can be sent back.
 * @param readOnlyNames fields of this kind of entry that only answers have, besides those of every stored entry.
 * @throws TokenHubError `invalid_request` when the body names another id than the path.
 */
export function replacementForm<
  Body extends { readonly id?: string | undefined },
  const Name extends Extract<keyof Body, string> = never,
>(
  body: Body,
  { id, readOnlyNames }: { readonly id: string; readonly readOnlyNames: readonly Name[] },
): Omit<Body, "id" | MetaName | Name> {
  if (body.id !== undefined && body.id !== id)
    throw new TokenHubError("invalid_request", "`id` is not the one of the path; it cannot be changed.", {
      param: "id",
    });
  const left: readonly string[] = ["id", ...Object.keys(storedMetaShape), ...readOnlyNames];
  const stated = Object.entries(body).filter(([name]) => !left.includes(name));
  return Object.fromEntries(stated) as Omit<Body, "id" | MetaName | Name>;
}
