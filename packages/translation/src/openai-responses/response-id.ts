import type { ResponseContext } from "../wire-format.ts";

/**
 * The id that clients see: `resp_` and the digits of the request's id. Attempts of one request (`req_<digits>r2`) share it,
 * so that a response keeps its id however often it is tried.
 */
export function responseId(context: Pick<ResponseContext, "requestId">): string {
  return `resp_${responseDigits(context)}`;
}

/** What kind of item it is shows in its id, as it does at the vendor. */
type ItemKind = "message" | "reasoning" | "function_call" | "custom_tool_call";

const itemPrefixes: Readonly<Record<ItemKind, string>> = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  custom_tool_call: "ctc",
};

/** The id of an output item: it follows from the response and the item's place, so that a stream told again is the same. */
export function outputItemId(
  context: Pick<ResponseContext, "requestId">,
  { kind, outputIndex }: { readonly kind: ItemKind; readonly outputIndex: number },
): string {
  return `${itemPrefixes[kind]}_${responseDigits(context)}_${outputIndex}`;
}

function responseDigits({ requestId }: Pick<ResponseContext, "requestId">): string {
  return requestId.replace(/^req_/, "").replace(/r\d+$/, "");
}
