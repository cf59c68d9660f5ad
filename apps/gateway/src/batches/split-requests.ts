import type { FileRecord, RecordSplitter, SplitterOptions } from "./file-record.ts";
import { createRecordText } from "./record-text.ts";
import { createRequestEnvelope } from "./request-envelope.ts";

const quote = 34;
const comma = 44;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

type Phase = "envelope" | "between" | "element" | "broken";

const isBlank = (byte: number): boolean => byte === 32 || byte === 10 || byte === 13 || byte === 9;

/**
 * Cuts the members of `requests` out of `{"requests": [...]}` without ever holding the whole: a parser would need many times
 * the size of the text. What is around the list is parsed at the end, so that only JSON gets through.
 */
export function createRequestSplitter({ fromByte, limitBytes }: SplitterOptions): RecordSplitter {
  const envelope = createRequestEnvelope();
  const element = createRecordText(limitBytes);
  let phase: Phase = fromByte === 0 ? "envelope" : "between";
  // Behind a record of an input that is known to be good, both a comma and the next record may come.
  let expected: "value" | "comma" | "any" = fromByte === 0 ? "value" : "any";
  let offset = fromByte;
  let number = 0;
  let depth = 0;
  let isInText = false;
  let isEscaped = false;

  /** Takes the bytes of the current element; gives the place behind the last of them. */
  function scanElement(bytes: Uint8Array, from: number): { readonly end: number; readonly isWhole: boolean } {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (isInText) {
        if (isEscaped) isEscaped = false;
        else if (byte === backslash) isEscaped = true;
        else if (byte === quote) isInText = false;
      } else if (byte === quote) isInText = true;
      else if (byte === openBrace || byte === openBracket) depth += 1;
      else if (byte === closeBrace || byte === closeBracket) {
        // Of a number or a word, which ends with the list.
        if (depth === 0) return { end: at, isWhole: true };
        depth -= 1;
        if (depth === 0) return { end: at + 1, isWhole: true };
      } else if (depth === 0 && (byte === comma || isBlank(byte))) return { end: at, isWhole: true };
    }
    return { end: bytes.length, isWhole: false };
  }

  function broken(message: string): FileRecord {
    phase = "broken";
    return { number: number + 1, content: { kind: "broken", message }, endOffsetBytes: offset };
  }

  /** One byte between two elements. A record tells that nothing more can be read. */
  function between(byte: number): FileRecord | "taken" | "element_begins" {
    if (isBlank(byte)) return "taken";
    if (byte === closeBracket) {
      if (expected === "value" && number > 0) return broken("`requests` ends with a comma.");
      phase = "envelope";
      envelope.closeList();
      return "taken";
    }
    if (byte === comma) {
      if (expected === "value") return broken("`requests` has a comma where a request should be.");
      expected = "value";
      return "taken";
    }
    if (expected === "comma") return broken("`requests` misses a comma between two requests.");
    phase = "element";
    return "element_begins";
  }

  return {
    push(bytes) {
      const records: FileRecord[] = [];
      for (let at = 0; at < bytes.length && phase !== "broken";) {
        if (phase === "element") {
          const { end, isWhole } = scanElement(bytes, at);
          element.add(bytes.subarray(at, end));
          offset += end - at;
          at = end;
          if (!isWhole) break;
          number += 1;
          records.push({ number, content: element.take(), endOffsetBytes: offset });
          phase = "between";
          expected = "comma";
          continue;
        }
        const byte = bytes[at] ?? 0;
        if (phase === "envelope") {
          const step = envelope.add(byte);
          if (step === "list_opened") phase = "between";
          else if (step === "too_large")
            records.push(broken("There is too much beside `requests`. Leave it out."));
        } else {
          const step = between(byte);
          // Its first byte is read again, as a part of it.
          if (step === "element_begins") continue;
          if (step !== "taken") records.push(step);
        }
        at += 1;
        offset += 1;
      }
      return records;
    },
    end() {
      if (phase === "broken" || fromByte > 0) return [];
      const fault = phase === "envelope" ? envelope.fault() : "The body ends in the middle of `requests`.";
      return fault === null ? [] : [broken(fault)];
    },
  };
}
