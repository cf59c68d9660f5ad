import type { CanonicalFrame } from "../canonical.ts";
import { jsonText, numberOf, objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";

/** Turns the tool call deltas of one stream into frames with call numbers of our own. */
export interface ToolCallReader {
  /** For calls that come without an id: they get `<prefix>_<number>`. */
  setIdPrefix(prefix: string): void;
  read(delta: JsonObject): CanonicalFrame[];
  /** Starts for calls whose name never came, so that nothing is lost. */
  finish(): CanonicalFrame[];
}

interface OpenCall {
  readonly number: number;
  readonly isFreeText: boolean;
  id: string;
  name: string;
  hasStarted: boolean;
  /** Arguments that came before the name. */
  held: string;
}

/**
 * `index` tells parallel calls apart. Servers that leave it out, or give every call the same one, are understood by the id:
 * a new id with a name is a new call.
 */
export function createToolCallReader(): ToolCallReader {
  const callsByIndex = new Map<number, OpenCall>();
  const calls: OpenCall[] = [];
  let idPrefix = "call_0";

  const open = (index: number, isFreeText: boolean): OpenCall => {
    const call = { number: calls.length, isFreeText, id: "", name: "", hasStarted: false, held: "" };
    calls.push(call);
    callsByIndex.set(index, call);
    return call;
  };

  const start = (call: OpenCall): CanonicalFrame[] => {
    call.hasStarted = true;
    const { number: index, name, isFreeText } = call;
    const id = call.id === "" ? `${idPrefix}_${index}` : call.id;
    const frames: CanonicalFrame[] = [{ type: "tool-call-start", index, id, name, isFreeText }];
    if (call.held !== "") frames.push({ type: "tool-call-delta", index, text: call.held });
    return frames;
  };

  const readCall = (delta: JsonObject): CanonicalFrame[] => {
    const id = textOf(delta["id"]) ?? "";
    const custom = objectOf(delta["custom"]);
    const called = custom ?? objectOf(delta["function"]);
    const name = textOf(called?.["name"]) ?? "";
    const index = numberOf(delta["index"]) ?? indexOf(calls, id);
    const known = callsByIndex.get(index);
    const isOther = known !== undefined && id !== "" && known.id !== "" && known.id !== id && name !== "";
    const call = known === undefined || isOther ? open(index, custom !== null) : known;
    if (call.id === "") call.id = id;
    if (call.name === "") call.name = name;
    const text = argumentsText(custom === null ? called?.["arguments"] : custom["input"]);
    if (!call.hasStarted && call.name === "") {
      call.held += text;
      return [];
    }
    const frames = call.hasStarted ? [] : start(call);
    if (text !== "") frames.push({ type: "tool-call-delta", index: call.number, text });
    return frames;
  };

  return {
    setIdPrefix: (prefix) => {
      idPrefix = prefix;
    },
    read: (delta) => {
      const frames = objectsOf(delta["tool_calls"]).flatMap(readCall);
      const legacy = objectOf(delta["function_call"]);
      return legacy === null ? frames : [...frames, ...readCall({ index: -1, function: legacy })];
    },
    finish: () => calls.filter((call) => !call.hasStarted).flatMap(start),
  };
}

/** Without an index: the call of that id, else a new one when an id is given, else the latest. */
function indexOf(calls: readonly OpenCall[], id: string): number {
  const known = calls.findIndex((call) => call.id === id);
  if (known !== -1) return known;
  return id === "" ? Math.max(calls.length - 1, 0) : calls.length;
}

function argumentsText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : jsonText(value);
}
