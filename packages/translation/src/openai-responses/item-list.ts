import type { JsonObject } from "../json-value.ts";
import type { ResponseContext } from "../wire-format.ts";
import { itemEvents, type EmitEvent, type ItemPlace, type OpenItem } from "./output-item.ts";
import { outputItemId } from "./response-id.ts";

type ItemKind = Parameters<typeof outputItemId>[1]["kind"];

/** The output items of a response in their order, open ones and whole ones. */
export interface ItemList {
  /** Begins an item at the next place. */
  open<Item extends OpenItem>(kind: ItemKind, create: (place: ItemPlace) => Item): Item;
  /** Adds an item that is written in one piece. */
  put(kind: ItemKind, write: (place: ItemPlace) => JsonObject): void;
  /** Adds an item of the provider's own, with its own id. */
  putForeign(item: JsonObject): void;
  isOpen(item: OpenItem): boolean;
  isLast(item: OpenItem): boolean;
  /** Does nothing to an item that is closed already. */
  close(item: OpenItem): void;
  /** Closes what is open, the last item with this status. Gives all items. */
  closeAll(status: "completed" | "incomplete"): readonly JsonObject[];
  peek(): readonly JsonObject[];
}

export function createItemList(context: Pick<ResponseContext, "requestId">, emit: EmitEvent): ItemList {
  const items: (OpenItem | { readonly whole: JsonObject })[] = [];

  const placeOf = (kind: ItemKind): ItemPlace => {
    const outputIndex = items.length;
    return { id: outputItemId(context, { kind, outputIndex }), outputIndex };
  };
  const closeAt = (at: number, status: "completed" | "incomplete"): void => {
    const item = items[at];
    if (item !== undefined && !("whole" in item)) items[at] = { whole: item.close(status) };
  };
  return {
    open: (kind, create) => {
      const item = create(placeOf(kind));
      items.push(item);
      return item;
    },
    put: (kind, write) => {
      items.push({ whole: write(placeOf(kind)) });
    },
    putForeign: (item) => {
      const events = itemEvents(emit, { id: "", outputIndex: items.length });
      events.added(item);
      items.push({ whole: events.done(item) });
    },
    isOpen: (item) => items.includes(item),
    isLast: (item) => items.at(-1) === item,
    close: (item) => closeAt(items.indexOf(item), "completed"),
    closeAll: (status) => {
      const last = items.length - 1;
      for (const at of items.keys()) closeAt(at, at === last ? status : "completed");
      return items.flatMap((item) => ("whole" in item ? [item.whole] : []));
    },
    peek: () => items.map((item) => ("whole" in item ? item.whole : item.peek())),
  };
}
